// viem, the JavaScript wallet library, on typed data: one JSON document a line in, one answer a line out.
import { createInterface } from "node:readline";
import { hashTypedData } from "viem";
import { privateKeyToAccount } from "viem/accounts";

const [key] = process.argv.slice(2);
const account = privateKeyToAccount(key);
for await (const line of createInterface({ input: process.stdin })) {
  const typedData = JSON.parse(line);
  const signature = await account.signTypedData(typedData);
  console.log(JSON.stringify({ digest: hashTypedData(typedData), signature }));
}
