/* On the wall, for who signed in: the name, and a way out. Walls opened by a token show nothing. */
(function (wall) {
  "use strict";
  if (location.pathname === "/desk") return;   // the desk has its own
  function chip(me) {
    const box = wall.el("span", "account"), out = wall.el("button", "");
    box.append(wall.el("b", "", me.title));
    box.title = me.role_title.join(" / ");
    out.append(wall.el("span", "zh", "退出"), wall.el("span", "en", "Sign out"));
    out.onclick = function () {
      fetch("/logout", { method: "POST", headers: { "x-csrf-token": me.csrf } }).finally(() => location.reload());
    };
    box.append(out);
    return box;
  }
  function place(me) {
    const before = document.getElementById("language");
    if (before) before.before(chip(me)); else setTimeout(() => place(me), 200);
  }
  async function begin() {
    const known = await (await fetch("/login/known", { cache: "no-store" })).json();
    if (known) place(await (await fetch("/me", { cache: "no-store" })).json());
  }
  begin().catch(function () { /* the wall is there all the same */ });
})(window.wall);
