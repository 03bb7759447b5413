/** How levels look, the same on every desk. */

/** The numerals of the levels, by rank from 1. */
export const NUMERALS = ["", "Ⅳ", "Ⅲ", "Ⅱ", "Ⅰ"];

/** The colours of the levels, by rank from 1. */
export const COLOURS = ["", "#3f8cff", "#f2c230", "#ff8f33", "#ff4a5f"];
