/* What makes the sign-in page kinder; it works without. */
(function () {
  "use strict";
  const form = document.querySelector("form"), button = form.querySelector("button"), caps = document.getElementById("caps");
  /* Who followed a link from elsewhere is signed in all the same: the strict cookie comes with our own request. */
  fetch("/login/known", { cache: "no-store" }).then((answer) => answer.json()).then(function (known) {
    if (!known) return;
    const next = new URL(new URLSearchParams(location.search).get("next") || "/", location.origin);
    location.replace(next.origin === location.origin ? next.pathname + next.search : "/");
  }).catch(function () {});
  document.getElementById("password").addEventListener("keyup", (event) => { if (event.getModifierState) caps.hidden = !event.getModifierState("CapsLock"); });
  form.addEventListener("submit", function () { setTimeout(() => { button.disabled = true; }, 0); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) button.disabled = false; });
  let wait = Number(form.dataset.wait);
  const error = document.querySelector(".error");
  function count() {
    button.disabled = wait > 0;
    if (wait <= 0) { if (error) error.remove(); return; }
    if (error) error.textContent = error.textContent.replace(/\d+/, wait);
    wait -= 1;
    setTimeout(count, 1000);
  }
  if (wait > 0) count();
})();
