import { placeOf, titleOf, unitOf } from "../../dashboards/assets/shared/city.js";
import {
  ago,
  countingAge,
  date,
  monthDay,
  span,
  time,
  weekday,
  when,
} from "../../dashboards/assets/shared/times.js";
import { streetOf } from "../../dashboards/assets/wall/places.js";
import { expectEqual, speak } from "./speaking.js";

const AT = Date.UTC(2026, 10, 24, 17, 30, 5); // in Wuhai it is the 25th, 01:30:05

Deno.test("instants are told in the city's time zone", () => {
  speak("zh");
  expectEqual([time(AT), date(AT), monthDay(AT), weekday(AT)], [
    ...["01:30:05", "2026-11-25", "11-25", "三"],
  ]);
  speak("en");
  expectEqual(weekday(AT), "We");
});

Deno.test("an instant of another day has its day", () => {
  expectEqual(when(AT, AT + 3_600_000), "01:30:05");
  expectEqual(when(AT, AT + 86_400_000), "11-25 01:30");
  expectEqual(when(AT - 7_200_000, AT), "11-24 23:30");
});

Deno.test("durations are told in the units that matter", () => {
  speak("zh");
  const seconds = [-3, 59, 61, 3_661, 90_000, 200_000];
  expectEqual(seconds.map(span), ["0秒", "59秒", "1分1秒", "1时1分", "25时0分", "2天"]);
  expectEqual(seconds.map(ago), ["0秒前", "59秒前", "1分前", "1时前", "25时前", "2天前"]);
  expectEqual(seconds.map((s) => countingAge(s * 1000)), [
    ...["0:00", "0:59", "1:01", "1时01分", "25时00分", "2天"],
  ]);
  speak("en");
  expectEqual([span(3_661), ago(61), countingAge(3_661_000)], ["1h1min", "1min ago", "1h01m"]);
});

Deno.test("places and units are told by their titles, else by their code", () => {
  speak("zh");
  expectEqual(["150302001", "150302", "150999", ""].map(placeOf), [
    ...["海勃湾区新华街", "海勃湾区", "150999", ""],
  ]);
  expectEqual(streetOf({ area: "150302001002" }), "海勃湾区新华街");
  expectEqual([titleOf("kinds", "fire"), titleOf("kinds", "x"), unitOf("pm25")], [
    ...["火情", "x", "μg/m³"],
  ]);
  speak("en");
  expectEqual(placeOf("150302001"), "Haibowan, Xinhua Street");
  expectEqual(streetOf({ area: "150302001" }), "Xinhua Street");
});
