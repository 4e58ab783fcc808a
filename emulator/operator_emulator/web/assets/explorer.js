"use strict";

// The operator's guides speak of user name and password where OAuth says client_id and client_secret.
const WORDS = { "client_id:": "User name:", "client_secret:": "Password:" };

function reworded(node, React) {
  if (typeof node === "string") return WORDS[node] ?? node;
  if (Array.isArray(node)) return node.map((child) => reworded(child, React));
  if (!node?.props?.children) return node;
  const children = [].concat(reworded(node.props.children, React));
  return React.cloneElement(node, undefined, ...children);
}

// One form is enough for the whole API: the token route's Basic stays behind that route's own lock.
const isBasic = (definition) => definition.first().get("scheme") === "basic";

const UserNameAndPassword = {
  wrapComponents: {
    oauth2: (Original, { React }) =>
      class extends Original {
        render() {
          return reworded(super.render(), React);
        }
      },
  },
  statePlugins: {
    auth: {
      wrapSelectors: {
        definitionsToAuthorize: (original) => () => original().filterNot(isBasic),
      },
    },
  },
};

SwaggerUIBundle({
  dom_id: "#explorer",
  urls: JSON.parse(document.getElementById("explorer").dataset.documents),
  layout: "StandaloneLayout",
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  plugins: [UserNameAndPassword],
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  validatorUrl: null, // ask no service on the internet whether the document is valid
});
