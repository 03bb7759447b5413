/// <reference path="./shared/types.d.ts" />
/**
 * The one classic script: Dash looks its functions up by name as soon as it runs, which may be
 * before the modules have come. What it brings meanwhile waits for the page's module here.
 */
(function () {
  const page = import(
    { "/desk": "./desk/page.js", "/cases": "./cases/page.js" }[location.pathname] ||
      "./wall/page.js"
  );
  /** @param {string} name of the function that the page's module exports */
  const bring = (name) => (/** @type {unknown} */ data) => {
    if (data) page.then((module) => module[name]?.(data));
  };
  globalThis.dash_clientside = globalThis.dash_clientside || {};
  globalThis.dash_clientside.wall = {
    page: bring("begin"),
    snapshot: bring("snapshot"),
    pulse: bring("pulse"),
  };
})();
