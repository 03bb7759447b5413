/** The font of desks: a canvas does not draw again when a slice of it arrives. */
const FONTS = ["16px 'Noto Sans SC Variable'", "600 16px 'Noto Sans SC Variable'"];

/**
 * Load the slices of the font that some words need, then draw again what stands on a canvas.
 * @param {string} words that are shown there
 * @param {() => void} redraw
 */
export async function loadFonts(words, redraw) {
  try {
    for (const font of FONTS) await document.fonts.load(font, words);
    redraw();
  } catch {
    /* another font */
  }
}
