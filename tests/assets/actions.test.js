import {
  actionKeys,
  barButtons,
  frequent,
  isOfPeople,
  needs,
  rare,
  setActions,
  titleOf,
  toldOf,
} from "../../dashboards/assets/desk/actions.js";
import { actionWord, stepWord } from "../../dashboards/assets/desk/words.js";
import { expectEqual, speak } from "./speaking.js";

setActions([
  {
    name: "accept",
    key: "a",
    title: ["受理", "Accept"],
    done: "accepted",
    told: ["受理", "accepted"],
    needs: [],
  },
  {
    name: "finish",
    key: "r",
    title: ["办结", "Finish"],
    done: "finished",
    told: ["办结", "finished"],
    needs: ["comment"],
  },
  {
    name: "reopen",
    key: "",
    title: ["重新打开", "Reopen"],
    done: "reopened",
    told: ["重新打开", "reopened"],
    needs: [],
  },
]);

Deno.test("buttons, keys and the menu follow from what is declared", () => {
  expectEqual(barButtons(), [["accept", "a"], ["silence", "s"], ["finish", "r"], ["more", "b"]]);
  expectEqual(actionKeys(), [["a", "accept"], ["r", "finish"], ["s", "silence"], ["b", "more"]]);
  expectEqual([frequent().length, rare().map(({ name }) => name)], [2, ["reopen"]]);
  expectEqual([needs("finish", "comment"), needs("accept", "comment")], [true, false]);
});

Deno.test("words are the declared ones, others the desk's own", () => {
  speak("en");
  expectEqual([titleOf("finish"), titleOf("more"), toldOf("fired")], ["Finish", "", ""]);
  expectEqual([actionWord("reopen"), actionWord("more")], ["Reopen", "More"]);
  expectEqual([stepWord("finished"), stepWord("fired")], ["finished", "fired"]);
  expectEqual([isOfPeople("reopened"), isOfPeople("fired")], [true, false]);
});
