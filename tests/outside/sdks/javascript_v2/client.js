// One call of JavaScript's Pinpoint client (v2) that signs for lambda: prints the application's name.
// Usage: node client.js ENDPOINT_URL APPLICATION_ID
const AWS = require("aws-sdk");

const [endpoint, ApplicationId] = process.argv.slice(2);
const client = new AWS.Pinpoint({
  endpoint,
  signatureVersion: "v4",
  region: "eu-west-1",
  accessKeyId: "test",
  secretAccessKey: "test",
});
client.api.signingName = "lambda";
client.getApp({ ApplicationId }, (error, answer) => {
  if (!error) {
    console.log(answer.ApplicationResponse.Name);
  } else if (error.code === "NotFoundException") {
    console.log(`${error.code}: ${error.message}`);
  } else {
    console.error(error);
    process.exitCode = 1;
  }
});
