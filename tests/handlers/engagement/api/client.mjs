// Calls of JavaScript's own Pinpoint client (v3): a line of JSON in, {operation, input}; a line out, {output} or {error}.
// Usage: node client.mjs PACKAGE_JSON_BESIDE_NODE_MODULES ENDPOINT_URL
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [packages, endpoint] = process.argv.slice(2);
const sdk = createRequire(packages)("@aws-sdk/client-pinpoint");
const client = new sdk.PinpointClient({
  region: "eu-west-1",
  endpoint,
  signingName: "lambda",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  maxAttempts: 1,
});

for await (const line of createInterface({ input: process.stdin })) {
  const { operation, input } = JSON.parse(line);
  const schedule = input.WriteJourneyRequest?.Schedule ?? {};
  for (const name of ["StartTime", "EndTime"]) if (schedule[name]) schedule[name] = new Date(schedule[name]);
  let answer;
  try {
    answer = { output: await client.send(new sdk[`${operation}Command`](input)) };
  } catch (error) {
    answer = { error: error.name, message: error.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
