// Starts emulators: one JSON line in says which, one JSON line out says that it listens.
import { Server } from "node:net";
import { createInterface } from "node:readline";
import { connect } from "node:net";

// They would listen to the whole network.
const listen = Server.prototype.listen;
Server.prototype.listen = function (port, _host, listening) {
  return listen.call(this, port, "127.0.0.1", listening);
};

function listens(port) {
  return new Promise((resolve) => {
    const probe = connect(port, "127.0.0.1", () => resolve(probe.destroy()));
    probe.on("error", () => setTimeout(() => resolve(listens(port)), 5));
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const { from, ...wanted } = JSON.parse(line);
  const { createEmulator } = await import(from);
  const { url } = await createEmulator(wanted);
  await listens(wanted.port);
  console.log(JSON.stringify({ url }));
}
process.exit(0);
