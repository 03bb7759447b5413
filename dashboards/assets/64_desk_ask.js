/* Questions to the server; what goes wrong is told in words, and whether it is known that nothing was done. */
(function (wall) {
  "use strict";
  const desk = wall.desk, el = wall.el;
  const SERVER_FAULT = 500;

  /* What the server says in both languages, in the one that is chosen. */
  desk.reason = function (text) { const both = text.split(" / "); return both.length === 2 ? wall.pick(both) : text; };
  function problem(words, unknown) { const error = new Error(words); error.unknown = unknown; return error; }
  async function reach(path, options) {
    try { return await fetch(path, { cache: "no-store", credentials: "same-origin", ...options }); } catch (error) { throw error.name === "AbortError" ? error : problem(desk.t("noConnection"), true); }
  }
  /* Ask for JSON. An error is `unknown` where the server may have done what it was asked, and nobody can tell. */
  desk.ask = async function (path, options) {
    const answer = await reach(path, options);
    let body = null;
    try { body = await answer.json(); } catch (error) { /* no JSON: the status must do */ }
    if (answer.status === 401) desk.signedOut();
    if (!answer.ok) throw problem((body && (wall.pick(body.words || [body.error, body.error]) || body.error)) || "HTTP " + answer.status, answer.status >= SERVER_FAULT);
    if (!body) throw problem(desk.t("noConnection"), true);
    return body;
  };
  desk.post = (path, body) => desk.ask(path, { method: "POST", headers: { "content-type": "application/json", "x-csrf-token": (desk.session() || {}).csrf || "" }, body: JSON.stringify(body) });

  /* `about` names what the toast is about; it goes when that has been done after all. */
  desk.toast = function (text, bad, about) {
    const box = document.getElementById("desk-toasts"), node = el("div", bad ? "bad" : "", text);
    node.about = about || [];
    box.append(node);
    while (box.children.length > 4) box.firstChild.remove();
    setTimeout(() => node.remove(), bad ? 12000 : 4000);
  };
  desk.untoast = function (about) { for (const node of Array.from(document.getElementById("desk-toasts").children)) if (node.about.includes(about)) node.remove(); };
})(window.wall);
