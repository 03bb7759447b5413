/** The desk's size: for somebody who sits near and reads, all day. */
import { setChartScale } from "../shared/chart.js";

const PHONE = 760,
  LOW = 520,
  NARROW = 1800,
  SMALLEST = 0.82,
  LETTERS_PX = 16,
  PHONE_LETTERS_PX = 15;

/** Fit the desk to the window: letters grow with it, and all sizes with the letters. */
export function fitDesk() {
  const root = document.documentElement;
  /* `innerWidth` grows with what stands out of the page; what the root may fill does not. */
  const { clientWidth: width, clientHeight: height } = root;
  const phone = width < PHONE || height < LOW;
  const scale = phone ? 1 : Math.max(SMALLEST, Math.min(width / 1920, height / 1080));
  setChartScale(1);
  root.style.fontSize = (phone ? PHONE_LETTERS_PX : LETTERS_PX * scale) + "px";
  root.classList.toggle("dk-phone", phone);
  root.classList.toggle("dk-narrow", !phone && width / scale < NARROW);
  root.classList.remove("phone", "wide", "ultra");
}

/**
 * Pixels of a size that grows with the page's letters.
 * @param {number} size at the usual size of letters
 */
export function scaled(size) {
  const letters = parseFloat(document.documentElement.style.fontSize) || LETTERS_PX;
  return Math.round(size * letters / LETTERS_PX);
}
