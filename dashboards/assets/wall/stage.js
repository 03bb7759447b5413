/** The stage: laid out for 1080 lines and scaled to the wall. */
import { setChartScale } from "../shared/chart.js";

const WIDE = 2900, ULTRA = 3600, PHONE = 760, LOW = 520, BROAD = 640;
const WIDTH = 1920, HEIGHT = 1080;

/**
 * How a window of a size is used: enlarged by how much, with which classes on the root element.
 * @param {number} width of the window
 * @param {number} height of it
 */
export function stageFor(width, height) {
  /* Lower than that is a phone on its side: scaled to it, letters would be 5 pixels high. */
  const phone = width < PHONE || height < LOW, portrait = !phone && width < height;
  const landscape = Math.min(width / WIDTH, height / HEIGHT);
  const scale = phone ? 1 : portrait ? width / HEIGHT : landscape;
  const across = phone || portrait ? 0 : width / scale;
  return {
    scale,
    classes: {
      phone: phone || portrait,
      broad: portrait || (phone && width >= BROAD),
      wide: across >= WIDE,
      ultra: across >= ULTRA,
    },
    width: phone ? "100%" : width / scale + "px",
    height: phone || portrait ? "auto" : height / scale + "px",
    transform: phone ? "none" : `scale(${scale})`,
  };
}

/**
 * Fit the stage to the window.
 *
 * By what the root element may fill, not by `innerWidth`: on a phone that grows with whatever
 * stands out of the page, such as a stage that was not fitted yet.
 */
export function fitStage() {
  const stage = document.getElementById("stage");
  if (!stage) return;
  const { clientWidth, clientHeight } = document.documentElement;
  const fit = stageFor(clientWidth, clientHeight);
  setChartScale(fit.scale);
  for (const [name, on] of Object.entries(fit.classes)) {
    document.documentElement.classList.toggle(name, on);
  }
  Object.assign(stage.style, { width: fit.width, height: fit.height, transform: fit.transform });
  document.body.style.fontSize = "";
}

/** Whether the page is one column that scrolls, as on phones. */
export const isPhone = () => document.documentElement.classList.contains("phone");
