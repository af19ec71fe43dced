// Runs Azurite's blob server with one container until standard input closes.
//
//     azurite.js HOME PACKAGES PORT ACCOUNT KEY CONTAINER
const crypto = require("crypto");
const fs = require("fs");
const http = require("http");
const path = require("path");

const [home, packages, port, account, key, container] = process.argv.slice(2);
process.argv = [process.argv[0], "azurite-blob", "--silent", "--skipApiVersionCheck", "--blobHost", "127.0.0.1",
  "--blobPort", port, "--location", path.join(home, "data"), "--disableTelemetry"];
require(path.join(packages, "node_modules/azurite/dist/src/blob/main.js"));

process.stdin.resume();
process.stdin.on("end", () => process.exit(0));

function createContainer() {
  const date = new Date().toUTCString();
  const text = ["PUT", ...Array(11).fill(""), `x-ms-date:${date}\nx-ms-version:2021-08-06`,
    `/${account}/${account}/${container}\nrestype:container`].join("\n");
  const signature = crypto.createHmac("sha256", Buffer.from(key, "base64")).update(text).digest("base64");
  const headers = { "x-ms-date": date, "x-ms-version": "2021-08-06", "Content-Length": 0,
    Authorization: `SharedKey ${account}:${signature}` };
  const request = http.request(
    { host: "127.0.0.1", port, method: "PUT", path: `/${account}/${container}?restype=container`, headers },
    (answer) => {
      answer.resume();
      if (answer.statusCode === 201) fs.writeFileSync(path.join(home, "ready"), "");
      else console.error(`the container cannot be made: HTTP ${answer.statusCode}`);
    });
  request.on("error", () => setTimeout(createContainer, 100));
  request.end();
}
createContainer();
