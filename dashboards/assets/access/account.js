/** On the wall, for who signed in: the name, and a way out. Walls opened by a token show none. */
import { element } from "../shared/dom.js";
/** @import { Pair } from "../shared/types.d.ts" */

const AGAIN_MS = 200;

/** @param {{title: string, role_title: Pair, csrf: string}} me who signed in */
function accountChip(me) {
  const chip = element("span", "account"), out = element("button");
  chip.title = me.role_title.join(" / ");
  out.append(element("span", "zh", "退出"), element("span", "en", "Sign out"));
  out.onclick = () =>
    fetch("/logout", { method: "POST", headers: { "x-csrf-token": me.csrf } })
      .finally(() => location.reload());
  chip.append(element("b", "", me.title), out);
  return chip;
}

/** @param {HTMLElement} chip to put into the header, as soon as there is one */
function place(chip) {
  const before = document.getElementById("language");
  if (before) before.before(chip);
  else setTimeout(() => place(chip), AGAIN_MS);
}

/** Show who is signed in, if anybody is. */
export async function showAccount() {
  try {
    const known = await (await fetch("/login/known", { cache: "no-store" })).json();
    if (known) place(accountChip(await (await fetch("/me", { cache: "no-store" })).json()));
  } catch {
    /* the wall is there all the same */
  }
}
