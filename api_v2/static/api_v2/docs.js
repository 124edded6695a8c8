// Swagger UI for the document that the page names. In a file: the Content-Security-Policy refuses inline scripts.
"use strict";

(() => {
  // Another page of this service leaves an access token here before it leads to this page, in its tab or in one that its
  // script opens, to which the browser copies the storage. It is removed when it is read. Never put a token into the URL:
  // it would stay in the history and in logs.
  const HANDED_OVER = "tandem.docs.token";
  // What the reader has entered under "Authorize", kept for a reload. Swagger UI's own `persistAuthorization` writes to
  // localStorage, where a token would outlive the tab.
  const KEPT = "tandem.docs.authorized";

  const mount = document.getElementById("swagger-ui");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", follow);
  follow();

  function focusFirstScheme() {
    const dialog = document.querySelector(".dialog-ux .modal-ux-content");
    document.activeElement?.blur();
    dialog?.querySelector(".auth-container")?.querySelector("input")?.focus();
    dialog?.scrollTo(0, 0);
  }

  const ofThisPage = () => ({
    statePlugins: {
      auth: {
        wrapActions: {
          // Each field of the dialog takes the focus when it is made, and the last one keeps it.
          showDefinitions: (original) => (definitions) => {
            original(definitions);
            requestAnimationFrame(focusFirstScheme);
          },
          persistAuthorizationIfNeeded: (original, system) => () => {
            sessionStorage.setItem(KEPT, JSON.stringify(system.authSelectors.authorized().toJS()));
          },
        },
      },
      spec: {
        wrapActions: {
          // The page calls the service that serves it, wherever the API is mounted; the policy refuses other hosts.
          updateJsonSpec: (original) => (spec) =>
            original({ ...spec, servers: [{ url: mount.dataset.document.replace(/\/[^/]*$/, "") }] }),
        },
      },
    },
  });

  function restore() {
    const kept = sessionStorage.getItem(KEPT);
    if (kept !== null) {
      ui.authActions.restoreAuthorization({ authorized: JSON.parse(kept) });
    }
    const token = sessionStorage.getItem(HANDED_OVER);
    if (token !== null) {
      sessionStorage.removeItem(HANDED_OVER);
      ui.authActions.authorizeWithPersistOption({
        bearer: { name: "bearer", schema: { type: "http", scheme: "bearer" }, value: token },
      });
    }
  }

  const ui = SwaggerUIBundle({
    url: mount.dataset.document,
    dom_id: "#swagger-ui",
    presets: [SwaggerUIBundle.presets.apis],
    plugins: [ofThisPage],
    layout: "BaseLayout",
    deepLinking: true,
    tryItOutEnabled: true,
    displayRequestDuration: true,
    onComplete: restore,
  });
})();
