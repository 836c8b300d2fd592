"""The hosted engagement service: the Amazon Pinpoint REST API on DynamoDB, Step Functions and Kinesis."""
