/** Where something is, as the wall says it: never nearer than the street. */
import { titleOf } from "../shared/city.js";
import { isEnglish } from "../shared/language.js";

const DISTRICT_DIGITS = 6, STREET_DIGITS = 9;

/**
 * District and street of what lies in an area.
 * @param {{area: string}} located an event or an alert
 */
export function streetOf({ area }) {
  const code = area.slice(0, STREET_DIGITS);
  const street = titleOf("areas", code);
  const district = titleOf("areas", area.slice(0, DISTRICT_DIGITS));
  if (area.length < STREET_DIGITS || street === code) return district;
  return isEnglish() ? street : district + street;
}
