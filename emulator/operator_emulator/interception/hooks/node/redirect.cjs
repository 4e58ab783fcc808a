// Lead the operators' hosts to the emulator, in Node programs: before version 24, fetch knows no proxy.
// "operator-emulator run" and "env" name this file in NODE_OPTIONS.

"use strict";

const net = require("node:net");

if (process.env.OPERATOR_EMULATOR_REDIRECT) {
  const { hosts, address, ports } = JSON.parse(process.env.OPERATOR_EMULATOR_REDIRECT);
  const connect = net.Socket.prototype.connect;

  const led = (options) => {
    const port = ports[options.port];
    if (!hosts.includes(String(options.host).toLowerCase()) || port === undefined) return options;
    return Object.assign(Object.create(Object.getPrototypeOf(options)), options, { host: address, port });
  };

  net.Socket.prototype.connect = function (first, ...rest) {
    if (Array.isArray(first)) {
      first[0] = led(first[0]); // as net.connect normalises its arguments
      return connect.call(this, first, ...rest);
    }
    if (first !== null && typeof first === "object") return connect.call(this, led(first), ...rest);
    if (typeof rest[0] === "string") {
      const { host, port } = led({ port: first, host: rest[0] });
      return connect.call(this, port, host, ...rest.slice(1));
    }
    return connect.call(this, first, ...rest);
  };
}
