import { alarmWords } from "../../dashboards/assets/shared/alarm_path.js";
import { expectEqual, speak } from "./speaking.js";

const AT = Date.UTC(2026, 2, 1, 8, 5);
const ruler = { process: "ruler", since: AT }, notify = { process: "notify", since: AT + 60_000 };

Deno.test("alarmWords says who stands since when, in both languages", () => {
  speak("zh");
  expectEqual(alarmWords([ruler]), "自 16:05 起不会有新告警 · 预警进程停了");
  expectEqual(alarmWords([notify]), "自 16:06 起告警不会通知到人 · 通知进程停了 · 请盯住值班台");
  speak("en");
  expectEqual(alarmWords([ruler]), "NO ALARM CAN COME since 16:05 · the ruler stands");
  expectEqual(
    alarmWords([ruler, notify]),
    "NO ALARM CAN COME since 16:05 · the ruler and the notifier stand",
  );
  expectEqual(
    alarmWords([{ process: "notify", since: null }]),
    "NOBODY IS NOTIFIED since – · the notifier stands · watch the desk",
  );
});

Deno.test("alarmWords says that rows do not get into the store, after what is worse", () => {
  const sink = { process: "sink", since: ruler.since };
  speak("zh");
  expectEqual(alarmWords([sink]), "自 16:05 起有数据未能入库，其余照常 · 详见 ./city status");
  expectEqual(alarmWords([notify, sink]), alarmWords([notify]));
  speak("en");
  expectEqual(
    alarmWords([sink]),
    "SOME ROWS DO NOT GET INTO THE STORE since 16:05, all others do · see ./city status",
  );
});

Deno.test("alarmWords says nothing where nobody stands", () => {
  expectEqual([alarmWords([]), alarmWords(undefined)], ["", ""]);
});
