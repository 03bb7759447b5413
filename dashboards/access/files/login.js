/** What makes the sign-in page kinder; it works without. */
(function () {
  const form = /** @type {HTMLFormElement} */ (document.querySelector("form"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  const caps = document.getElementById("caps"), password = document.getElementById("password");
  const error = document.querySelector(".error");
  let wait = Number(form.dataset.wait);

  /**
   * Who followed a link from elsewhere is signed in all the same: the strict cookie comes with
   * our own request.
   */
  async function goOnIfKnown() {
    const known = await (await fetch("/login/known", { cache: "no-store" })).json();
    if (!known) return;
    const wanted = new URLSearchParams(location.search).get("next") || "/";
    const next = new URL(wanted, location.origin);
    location.replace(next.origin === location.origin ? next.pathname + next.search : "/");
  }

  /** Count the seconds until another try is allowed. */
  function count() {
    button.disabled = wait > 0;
    if (wait <= 0) {
      error?.remove();
      return;
    }
    if (error) error.textContent = (error.textContent || "").replace(/\d+/, String(wait));
    wait -= 1;
    setTimeout(count, 1000);
  }

  goOnIfKnown().catch(() => {});
  password?.addEventListener("keyup", (event) => {
    if (caps) caps.hidden = !event.getModifierState?.("CapsLock");
  });
  form.addEventListener("submit", () => {
    setTimeout(() => {
      button.disabled = true;
    }, 0);
  });
  globalThis.addEventListener("pageshow", (event) => {
    if (event.persisted) button.disabled = false;
  });
  if (wait > 0) count();
})();
