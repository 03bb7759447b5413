import {
  change,
  decimal,
  percent,
  rate,
  rounded,
  short,
  whole,
} from "../../dashboards/assets/shared/numbers.js";
import { expectEqual, speak } from "./speaking.js";

const COUNTS = [0, 99_999, 123_456, 1_234_567, 12_345_678, 123_456_789];

Deno.test("short counts in 万 and 亿, or in k and M", () => {
  speak("zh");
  expectEqual(COUNTS.map(short), ["0", "99,999", "12.3万", "123万", "1235万", "1.23亿"]);
  speak("en");
  expectEqual(COUNTS.map(short), ["0", "99,999", "123k", "1.23M", "12.3M", "123.5M"]);
});

Deno.test("numbers have the digits that their size deserves", () => {
  expectEqual([null, 1.234, 12.34, 1234.5].map(decimal), ["–", "1.23", "12.3", "1,235"]);
  expectEqual([0.44, 9.96, 10.4, 250].map(rate), ["0.4", "10.0", "10", "250"]);
  expectEqual([null, undefined, 1, 0.125].map(rounded), ["–", "–", "1", "0.13"]);
  expectEqual(whole(1234.4), "1,234");
});

Deno.test("a change has an arrow, a size, and a tone; none has neither", () => {
  const shares = [null, 0, 0.0004, 0.123, -0.5, 1.5, 12];
  expectEqual(shares.map((share) => change(share).text), [
    ...["–", "→ 0%", "→ 0%", "↑ 12.3%", "↓ 50.0%", "↑ 150%", "↑ >999%"],
  ]);
  expectEqual(shares.map((share) => change(share).tone), [
    ...["flat", "flat", "flat", "up", "down", "up", "up"],
  ]);
});

Deno.test("a share never says all or nothing where it is not", () => {
  expectEqual([1, 0.996, 0.99, 0.5, 0.001].map(percent), ["100%", "100%", "99%", "50%", "<1%"]);
});
