/** Which language the page speaks, and texts in it: the one place that knows their forms. */
/** @import { Bilingual, Pair } from "./types.d.ts" */

/** Whether the page speaks English; Chinese else. */
export const isEnglish = () => document.documentElement.lang === "en";

/**
 * The part of a pair that is of the page's language; what is no pair, as it is.
 * @param {Pair | string[] | string} pair Chinese and English, or a text that is the same in both
 * @returns {string}
 */
export const pick = (pair) => Array.isArray(pair) ? pair[isEnglish() ? 1 : 0] : pair;

/**
 * What the server says in both languages, in the one that is chosen.
 *
 * A plain string is of the page's language already.
 * @param {Bilingual | null | undefined} text to say
 * @returns {string} "" for no text
 */
export function inLanguage(text) {
  if (!text) return "";
  if (Array.isArray(text) || typeof text === "string") return pick(text);
  return isEnglish() ? text.en : text.zh;
}

/**
 * A function that says the words of a table. `{n}` stands for a value, `{n|one|many}` for the
 * form that goes with it. A key that the table does not have is said as it is.
 * @param {Record<string, string[] | string>} table key to both languages
 * @returns {(key: string, values?: Record<string, string | number>) => string}
 */
export function makeWords(table) {
  return (key, values = {}) => {
    let text = pick(table[key] ?? key).replace(
      /\{(\w+)\|(.*?)\|(.*?)\}/g,
      (_, name, one, many) => Number(values[name]) === 1 ? one : many,
    );
    for (const name in values) text = text.replace(`{${name}}`, () => String(values[name]));
    return text;
  };
}

/** Take the language that the page's address asks for. */
export function startLanguage() {
  const asked = new URLSearchParams(location.search).get("lang");
  document.documentElement.lang = asked === "en" ? "en" : "zh-CN";
}

/** Speak the other language, and say so in the address. The page has to be drawn anew. */
export function changeLanguage() {
  const url = new URL(location.href);
  document.documentElement.lang = isEnglish() ? "zh-CN" : "en";
  if (isEnglish()) url.searchParams.set("lang", "en");
  else url.searchParams.delete("lang");
  history.replaceState(null, "", url);
}
