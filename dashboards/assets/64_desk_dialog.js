/* The desk's one dialog, and the row of buttons at its end. */
(function (wall) {
  "use strict";
  const desk = wall.desk, el = wall.el, set = wall.set;

  desk.dialog = function (title, wide) {
    const dialog = document.getElementById("desk-dialog");
    if (dialog.open) dialog.close();
    dialog.className = wide ? "wide" : "";
    dialog.replaceChildren(el("h2", "", title));
    dialog.onclose = null;
    dialog.showModal();
    return dialog;
  };
  desk.closeDialog = function () { const dialog = document.getElementById("desk-dialog"); if (dialog.open) dialog.close(); };
  desk.dialogOpen = () => document.getElementById("desk-dialog").open;
  /* Whether a form is what the person sees: not closed, and no other dialog opened since. */
  desk.onScreen = (form) => desk.dialogOpen() && form.isConnected;
  desk.ends = function (send) {
    const box = el("div", "ends"), said = el("span", "said"), cancel = el("button", "", desk.t(send ? "cancel" : "close"));
    cancel.type = "button"; cancel.onclick = desk.closeDialog;
    box.append(said, cancel); box.said = said; box.cancel = cancel;
    if (send) { const button = el("button"); button.type = "submit"; button.append(el("span", "", send), el("kbd", "", "Ctrl+↵")); box.append(button); box.button = button; }
    return box;
  };
  /* While it is under way nothing of a form can be changed; what was typed stays until it is known to have arrived. */
  desk.holdForm = function (form, ends, held) {
    if (held) form.rested = document.activeElement;
    for (const part of form.elements) if (part !== ends.cancel) part.disabled = held;
    ends.said.className = "said" + (held ? " calm" : "");
    set(ends.said, held ? desk.t("sending") : "");
    if (!held && form.rested) form.rested.focus();
  };
})(window.wall);
