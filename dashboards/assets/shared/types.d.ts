/** What the server sends, and what the page has from elsewhere; types alone, never loaded. */

declare global {
  // The charts' library, a classic script of its own.
  // deno-lint-ignore no-explicit-any
  const echarts: any;
  // Dash's own: what it calls for us, and how we bring it data.
  var dash_clientside: {
    set_props?(id: string, props: Record<string, unknown>): void;
    wall?: Record<string, (data: unknown) => void>;
  };
  // What tests and whoever debugs may look at.
  // deno-lint-ignore no-explicit-any
  var wall: any;
}

/** A text in both languages: Chinese, English. */
export type Pair = [string, string];
/** A text as the server sends it; a plain string is of the page's language already. */
export type Bilingual = { zh: string; en: string } | Pair | string;
export type Titles = Record<string, Pair>;
export type Shown = string | number;

export interface Feature {
  properties: { code: string; name?: string };
  geometry: Geometry;
}
export type Ring = [number, number][];
export type Geometry =
  | { type: "Polygon"; coordinates: Ring[] }
  | { type: "MultiPolygon"; coordinates: Ring[][] };

/** A text, or an element: its tag, its attributes, and what is in it. */
export type SkeletonPart = string | [string, Record<string, string>, ...SkeletonPart[]];
/** What a page begins with. */
export interface PageStart {
  skeleton: Record<"wall" | "desk" | "cases", SkeletonPart>;
  names: CityNames;
}
/** Titles, units, screens and the map of the city; the page carries them. */
export interface CityNames {
  heading: Pair;
  zone: string;
  screens: Record<string, { title: Pair; themes: string[] }>;
  themes: Titles;
  departments: Titles;
  kinds: Titles;
  areas: Titles;
  feeds: Titles;
  units: Record<string, string>;
  geo: { type: string; features: Feature[] };
}
export type TitleTable = "themes" | "departments" | "kinds" | "areas" | "feeds";

/** That the store owes an answer: since when, whether it can be reached, whether it is lost. */
export interface Outage {
  since: number | null;
  reached: boolean;
  lost: boolean;
}
/** Two counts of the same feeds, until the same time of their days. */
export interface ComparedPair {
  change: number | null;
  now: number;
  before: number;
}
/** Who of those that make and send alarms stands, and since when; null: never heard of. */
export interface StandingProcess {
  process: string;
  since: number | null;
}
export interface Freshness {
  state: string;
  as_of: number | null;
  live: number;
  expected: number;
  marks: Record<string, number>;
}
export interface TileData {
  fresh: Freshness;
  // Each kind of tile knows its own data.
  // deno-lint-ignore no-explicit-any
  data: any;
}
export interface Snapshot {
  type: string;
  boot: string;
  screen: string;
  at: number;
  outage: Outage | null;
  alarm?: StandingProcess[];
  tiles: Record<string, TileData>;
  marks: Record<string, number>;
}
export interface CityEvent {
  id: string;
  at: number;
  received: number;
  severity: number;
  origin: string;
  kind: string;
  department: string;
  area: string;
  text: string;
  value: number | null;
  lon: number | null;
  lat: number | null;
}
export interface Pulse {
  at: number;
  outage?: Outage | null;
  alarm?: StandingProcess[];
  matters: number;
  readings: number;
  counts: Record<string, number>;
  list?: CityEvent[];
}

/** How one kind of tile is drawn; `tools` is what `mount` returned. */
export interface Drawing<Tools, Data> {
  /** Words for a tile without data, by key of the wall's words. */
  words?: { none?: string; stale?: string };
  /** Put the tile's elements into `body`; called again for another size or language. */
  mount(body: HTMLElement): Tools;
  /** Show the data of a snapshot of `at`; called once a second. */
  draw(tools: Tools, data: Data, body: HTMLElement, at: number): void;
  /** Show a pulse, which comes several times a second. */
  pulse?(tools: Tools, pulse: Pulse, body: HTMLElement): void;
  /** Show the events of a list before the first pulse brings any. */
  seed?(tools: Tools, list: CityEvent[], at: number): void;
}

/** An alert in the list of the desk. */
export interface AlertRow {
  id: string;
  v: number;
  state: string;
  level: number;
  rule: string;
  theme: string;
  area: string;
  subject: string;
  /** The name and address of its subject, its id where nobody wrote them down. */
  about?: Pair;
  departments: string[];
  title: Pair;
  opened: number;
  /** By when it is older or newer: of one that old data made, the last that is known of it. */
  stands?: number;
  updated: number;
  closed?: number;
  owner: string;
  incident: string;
  mutes: [string, string, string, string][];
  origin: string;
  /** Where its origin stands, 0 for what is live. */
  rank: number;
  /** Whether it is open to people, whether somebody has to take it, whether it calls aloud. */
  open: boolean;
  waits: boolean;
  red: boolean;
  step: number;
  /** The highest level that it reached, by rank. */
  peak?: number;
  /** Whether what it is about still goes on, as far as the data says. */
  holds?: boolean;
  /** Who gave it to its owner, and until when that has to answer. */
  assigned?: [string, number] | null;
  /** Who wants it closed, since when, and what came of it. */
  closing?: { by: string; at: number; result: string; comment: string } | null;
  /** The version of the open case that it became; 0 for none. */
  case?: number;
  lon: number | null;
  lat: number | null;
}

/** What a map needs of a record. */
export interface PlacedRow {
  id: string;
  area: string;
  lon: number | null;
  lat: number | null;
}

/** What every live list needs of a record. */
export interface ListRow {
  id: string;
  v: number;
  updated: number;
  incident?: string;
}
/** One place in the list: a record, a folded group, or a record of an unfolded group. */
export interface ListItem<Row> {
  row: Row;
  group?: string;
  rows?: Row[];
  open?: boolean;
  child?: string;
}
export interface ListMessage<Row> {
  type: "whole" | "changes" | "pulse" | string;
  version: string;
  at: number;
  outage: Outage | null;
  alarm?: StandingProcess[];
  ready: boolean;
  /** Who made what waits for approval. */
  waits?: string[];
  rows: Row[];
  removed?: string[];
  /** Of a whole list that is too long to be sent: how many records there are. */
  part?: number;
}
/** The first open cases of a list that is too long to be sent, as the server picked them. */
export interface CasePage {
  rows: CaseRow[];
  found: number;
  all: number;
  mine: number;
  dispatch: number;
  /** What waits for the person, first things first, where asked for. */
  tasks: CaseRow[];
  /** Whether the server has counted all cases since it began. */
  whole: boolean;
}

export interface Session {
  user: string;
  title: string;
  role_title: Pair;
  actions: string[];
  departments: string[];
  areas: string[];
  csrf: string;
  /** Whether the role may see cases. */
  cases?: boolean;
  people: { name: string; title: string; role: Pair; reachable?: boolean }[];
  /** What the holders of all accounts are called, also of those that act no more. */
  titles?: Titles;
  /** How alerts are handled; levels by rank. */
  handling?: {
    answer_s: number;
    explained: number[];
    second: number[];
    results: Titles;
    choices: string[];
  };
}

export interface Evidence {
  measure: string;
  words: Pair;
  value: number | null;
  threshold: number | null;
  clear: number | null;
  above: boolean;
  unit: string;
  points: [number, number][];
  events: string[];
}
export interface ReachedLevel {
  what: string;
  level: number;
  threshold: number | null;
  at: number;
}
export interface ChangeStep {
  type: "change";
  what: string;
  at: number;
  by: string;
  version: number;
  words?: Pair;
  /** Whether it was closed while the data said that it goes on. */
  held?: boolean;
  details: {
    owner?: string;
    assignee?: string;
    comment?: string;
    result?: string;
    reason?: Bilingual;
  };
  reached?: { level: number; threshold: number | null; at: number | null };
}
export interface NoticeStep {
  type: "notice";
  at: number;
  name: Pair;
  purpose: Pair;
  reached?: undefined;
  receipts: {
    attempt: number;
    outcome: string;
    words: Pair;
    at: number;
    took: number;
    detail: string;
  }[];
}
export type Step = ChangeStep | NoticeStep;
export interface RelatedEvent {
  at: number;
  kind: string;
  feed: string;
  area: string;
  text: string;
}
/** The case that an alert became, as its page shows it; of other units only that there is one. */
export interface AlertCase {
  hidden?: boolean;
  id: string;
  number: string;
  /** What its state is called; null where that is not known yet. */
  state: Pair | null;
  unit: Pair;
  open: boolean;
  closed: number | null;
  due: number | null;
  soon: number | null;
}

export interface AlertDetail {
  alert: AlertRow & {
    summary: Pair;
    response: Pair;
    rule_version: string;
    fired: number | null;
    result: string;
    evidence: Evidence;
  };
  /** The case that it became; null for none. */
  case?: AlertCase | null;
  /** The events behind it, newest first; null where the store did not say. */
  events?: RelatedEvent[] | null;
  history: Step[];
  why: {
    told: boolean;
    lines: [string, string, string][];
    /** To whom notices went, the best that became of them, and each of them. */
    people?: { name: Pair; sign: string; lines: [string, string, string][] }[];
    /** What is of no single one. */
    rest?: [string, string, string][];
  };
  /** Why each action would be refused; "" where it would be accepted. */
  actions: Record<string, Bilingual>;
}

export interface Matcher {
  name: string;
  op: string;
  value: string;
}
export interface Recurrence {
  weekdays: number[];
  start: string;
  end: string;
}
export interface Silence {
  id: string;
  version: number;
  state: string;
  matchers: Matcher[];
  recurrence: Recurrence | null;
  reason: string;
  creator: string;
  approver: string;
  ends_at: number;
  hides: number;
  would_hide: number;
  would_hide_red: number;
  /** Whether red alerts are told all the same, as no second person approved it. */
  spares_red: boolean;
}
export interface BlastRadius {
  count: number;
  red: number;
  open: number;
  needs_approval: boolean;
  spares_red: boolean;
  rules: { title: Pair; count: number; red: number }[];
}
export interface Outcome {
  outcome: string;
  reason: Bilingual;
}

/** A case in the list of the case desk. */
export interface CaseRow {
  id: string;
  v: number;
  number: string;
  /** Its stage, or what it stands still as: suspended, deferred, merged. */
  state: string;
  stage: string;
  /** Key of its workflow in its version. */
  flow: string;
  kind: string;
  condition: string;
  title: string;
  area: string;
  unit: string;
  handler: string;
  person: string;
  /** What the person is called. */
  who: string;
  source: string;
  origin: string;
  rank: number;
  severity: number;
  opened: number;
  updated: number;
  closed?: number | null;
  legs: number;
  /** Whether somebody has to say which unit has it. */
  dispatch: boolean;
  /** What waits for an answer: extension, appeal. */
  asks: string[];
  /** Id of the level of supervision that it reached, "" for none. */
  level: string;
  /** Units with parts that are still to be done. */
  parts: string[];
  flags: string[];
  /** The case that it follows, "" for none. */
  into: string;
  lon: number | null;
  lat: number | null;
  /** The clock that is due first: its limit, when, and from when on that is soon. */
  limit: string;
  due: number | null;
  soon: number | null;
}
/** A figure of cases: what it is. */
export interface FigureKind {
  id: string;
  title: Pair;
  told: Pair;
  /** Whether it is a part of the cases that it is about; else their number. */
  rate: boolean;
  /** Whether it is good that it grows; "" for neither. */
  better: "more" | "less" | "";
}

/** A figure of cases in two periods; no rate of few cases. */
export interface FigureCount {
  about: number;
  counts: number;
  rate?: number | null;
  mean?: number | null;
}
export interface FigureNumber extends FigureCount {
  before: FigureCount;
}
export interface FigureGroup {
  id: string;
  title: Pair;
  figures: Record<string, FigureNumber>;
}
/** Seconds that cases were in a stage. */
export interface StageTimes {
  cases: number;
  median: number | null;
  p90: number | null;
}
export interface Figures {
  origin: string;
  /** Origins that are there too, and not counted. */
  beside: string[];
  period: [number, number];
  before: [number, number];
  kinds: FigureKind[];
  fewest: number;
  total: Record<string, FigureNumber>;
  groups: FigureGroup[];
  stages: (StageTimes & { id: string; title: Pair; before: StageTimes | null })[];
}

/** A clock of a case: instants in ms, time in seconds. */
export interface CaseClock {
  limit: string;
  title: Pair;
  allowed: Pair | null;
  allowed_s: number;
  used_s: number;
  state: "running" | "paused" | "deferred" | "stopped" | string;
  state_title: Pair;
  due: number | null;
  breached: number | null;
  provisional: boolean;
  source: string;
  /** How likely it is to be late, of how many clocks that is said, and how good that was. */
  forecast: { chance: number; clocks: number; skill: number } | null;
  spans: {
    leg: number;
    from: number;
    until: number;
    counted_s: number;
    why: Pair;
    given: Pair | null;
  }[];
}

export interface CaseField {
  name: string;
  needed: boolean;
}
export interface CaseAction {
  name: string;
  kind: string;
  title: Pair;
  key: string;
  /** Whether it stands in the case's stage. */
  here: boolean;
  /** Why it would be refused now; null where it would be accepted. */
  why: Pair | null;
  /** Whether it is for people of other roles. */
  others: boolean;
  /** The stages in which it stands. */
  stages: Pair[];
  fields: CaseField[];
}
export interface CaseStepLine {
  at: number;
  version: number;
  what: string;
  words: Pair;
  by: Pair;
  role: Pair | null;
  person: boolean;
  facts: [Pair, Pair][];
  times: [Pair, number][];
  into: string;
  comment: string;
}
export interface CaseLink {
  what: "into" | "children" | "split_from" | "split_into" | string;
  id: string;
  number: string;
  title: string;
  state: Pair | null;
}
export interface CaseSupervision {
  level: Pair;
  unit: Pair;
  open: boolean;
  steps: { at: number; what: Pair; level: Pair; by: Pair; comment: string }[];
}
export interface JointPart {
  unit: string;
  title: Pair;
  due: number;
  done: number | null;
  by: string;
  withdrawn: number | null;
  comment: string;
  result: string;
}
/** A photo or a paper of a case; without a name where it cannot be seen now. */
export interface CaseFile {
  id: string;
  name?: string;
  photo?: boolean;
  size?: number;
  width?: number;
  height?: number;
  at?: number;
}

export interface CaseDetails {
  case: CaseRow & {
    text: string;
    stage_title: Pair;
    state_title: Pair;
    outside: Record<string, string>;
    answer: string;
    rating: number;
    comment: string;
    alerts: string[];
    legs_told: { opened: number; closed: number | null; reason: string; outcome: Pair | null }[];
    joint: JointPart[];
    supervision: CaseSupervision[];
    extension: { by: string; at: number; comment: string } | null;
    deferred_until: number | null;
    links: CaseLink[];
  };
  /** The stages that it was in, the last one last. */
  visited: string[];
  /** What happened, oldest first; null where the store does not answer. */
  history: CaseStepLine[] | null;
  /** In the order in which they came. */
  files: CaseFile[];
  /** Those that run first. */
  clocks: CaseClock[];
  /** Open cases that may be the same matter, and how many metres away; null: of one street. */
  near: { row: CaseRow; far: number | null }[];
  /** The alerts that it came of and that are still open, as far as this person may see them. */
  alerts?: { id: string; title: Pair }[];
  actions: CaseAction[];
}

export interface CaseFlow {
  title: Pair;
  stages: { id: string; title: Pair; ends: boolean; aside: boolean }[];
  levels: Titles;
  conditions: Titles;
  days: number;
}
export interface CaseUnit {
  id: string;
  title: Pair;
  in: string;
  level: string;
  area: string;
}
/** What the city calls everything that cases go through. */
export interface CaseCity {
  flows: Record<string, CaseFlow>;
  states: Titles;
  units: CaseUnit[];
  sources: Titles;
  flags: Titles;
  details: Titles;
  results: Titles;
  verdicts: Titles;
}
export interface CaseSession {
  user: string;
  title: string;
  role: string;
  role_title: Pair;
  /** The units that this person acts for; none: the whole city. */
  units: string[];
  areas: string[];
  csrf: string;
  opens: boolean;
  dispatches: boolean;
  exports: boolean;
  desk: boolean;
  walls: boolean;
  city: CaseCity;
}
/** Which unit has to deal with a case, why, and how many open cases each has. */
export interface CaseDestination {
  unit: string;
  why: Pair;
  load: Record<string, number>;
}
export interface CasePerson {
  name: string;
  title: string;
  role: Pair;
}
