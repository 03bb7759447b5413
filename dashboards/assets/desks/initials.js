/** Finding Chinese names by the first letters of their pinyin: "jg" finds 井盖. */

const LETTERS = "ABCDEFGHJKLMNOPQRSTWXYZ";
/** The first character of each letter, in the order of pinyin. */
const FIRST = "阿八嚓哒妸发旮哈讥咔垃妈拏噢妑七呥扨它穵夕丫帀";
const HAN = /\p{Script=Han}/u;
const order = new Intl.Collator("zh-Hans-CN-u-co-pinyin");
/** Whether this browser knows the order of pinyin. */
const isKnown = order.compare("八", "穵") < 0 && order.compare("阿", "八") < 0;

/**
 * The first letters of the pinyin of a text, in lower case; what is no Chinese stays.
 * @param {string} text
 */
export function initialsOf(text) {
  return Array.from(text).map((sign) => HAN.test(sign) ? initialOf(sign) : sign.toLowerCase())
    .join("");
}

/** @param {string} sign one Chinese character */
function initialOf(sign) {
  if (!isKnown) return sign;
  let letter = "";
  for (const [index, first] of Array.from(FIRST).entries()) {
    if (order.compare(first, sign) > 0) break;
    letter = LETTERS[index];
  }
  return letter.toLowerCase() || sign;
}
