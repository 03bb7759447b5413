import { inLanguage, makeWords, pick } from "../../dashboards/assets/shared/language.js";
import { expectEqual, speak } from "./speaking.js";

/** @import { Bilingual } from "../../dashboards/assets/shared/types.d.ts" */

Deno.test("inLanguage takes every form in which the server says something", () => {
  /** @type {Bilingual[]} */
  const forms = [{ zh: "无权", en: "not allowed" }, ["无权", "not allowed"]];
  speak("zh");
  expectEqual(forms.map((form) => inLanguage(form)), ["无权", "无权"]);
  speak("en");
  expectEqual(forms.map((form) => inLanguage(form)), ["not allowed", "not allowed"]);
});

Deno.test("inLanguage says what is of one language as it is, and nothing as nothing", () => {
  expectEqual(["timed out", "a / b", "", null, undefined].map(inLanguage), [
    "timed out",
    "a / b",
    "",
    "",
    "",
  ]);
});

Deno.test("words put values in, choose the form that goes with them, and never read them", () => {
  const word = makeWords({ done: ["完成 {n} 条", "{n} {n|alert|alerts} done"], why: "{why}" });
  speak("zh");
  expectEqual(word("done", { n: 2 }), "完成 2 条");
  speak("en");
  expectEqual([word("done", { n: 1 }), word("done", { n: 2 })], ["1 alert done", "2 alerts done"]);
  expectEqual(word("why", { why: "$& {n}" }), "$& {n}");
  expectEqual([word("unknown"), pick("same")], ["unknown", "same"]);
});
