/**
 * Where something may be sent over HTTP, and as whom. Inside the gateway the config file alone decides that
 * (`show.flows.webhook`, `show.flows.xapi`): the editor names a destination, and neither sees its password nor adds another.
 */
module.exports = (RED) => {
  function Destination(config) {
    RED.nodes.createNode(this, config);
    const { username, password, token } = this.credentials ?? {};
    const given = { url: config.url, username, password, token };
    const allowed = RED.settings.focusGateway;
    const { url, ...login } = (allowed ? allowed.destinations[config.name] : given) ?? {};
    this.problem = url
      ? null
      : allowed
        ? `the gateway's config names no destination "${config.name}"`
        : "no address is given";
    this.url = url;
    this.headers = authorization(login);
  }
  RED.nodes.registerType("focus-destination", Destination, {
    credentials: { username: { type: "text" }, password: { type: "password" }, token: { type: "password" } },
  });
};

function authorization({ username, password, token }) {
  if (token) return { authorization: `Bearer ${token}` };
  if (!username) return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password ?? ""}`).toString("base64")}` };
}
