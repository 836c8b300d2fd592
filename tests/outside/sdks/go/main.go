// One call of Go's Pinpoint client (v2) that signs for lambda: prints the application's name.
// Usage: client ENDPOINT_URL APPLICATION_ID
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/pinpoint"
	"github.com/aws/aws-sdk-go-v2/service/pinpoint/types"
)

func main() {
	config := aws.Config{
		Region:      "eu-west-1",
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
	client := pinpoint.NewFromConfig(config, pinpoint.WithSigV4SigningName("lambda"), func(o *pinpoint.Options) {
		o.BaseEndpoint = aws.String(os.Args[1])
	})
	answer, err := client.GetApp(context.Background(), &pinpoint.GetAppInput{ApplicationId: aws.String(os.Args[2])})
	var missing *types.NotFoundException
	if errors.As(err, &missing) {
		fmt.Println("NotFoundException:", aws.ToString(missing.Message))
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(aws.ToString(answer.ApplicationResponse.Name))
}
