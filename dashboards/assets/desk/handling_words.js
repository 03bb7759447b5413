/** The desk's words of giving an alert to somebody and of closing it, in both languages. */

/** @type {Record<string, [string, string]>} */
export const HANDLING = {
  routesSay: ["状态与路由", "State and routes"],
  myTasks: ["我的任务", "My tasks"],
  openMap: ["未关闭告警分布", "Where open alerts are"],
  noTasks: ["没有等您处理的事", "nothing waits for you"],
  ofMine: ["由我负责", "mine"],
  answerThis: ["等您答复", "to answer"],
  approveThis: ["等您批准办结", "to approve closing"],
  silencesToApprove: ["{n} 条静默等您批准", "{n} {n|silence|silences} to approve"],
  otherLabel: ["其他标签…", "another label…"],
  labelName: ["标签名", "its name"],
  eventsBehind: ["相关事件", "Events behind it"],
  eventsAway: ["数据库无应答，读不到相关事件", "the store does not answer, so they cannot be read"],
  eventsHidden: [
    "另有 {n} 条不在您的范围内，或已过保存期",
    "{n} more {n|is|are} outside what you may see, or no longer kept",
  ],
  noEvents: [
    "没有单独的事件（由统计或其他告警得出）",
    "none by themselves: counted, or of other alerts",
  ],
  madeLate: ["补报", "late data"],
  knownAt: ["{t} 才得知", "known since {t}"],
  about: ["约 {t}", "about {t}"],
  unreachable: ["无通知渠道，请另行告知", "cannot be reached, tell them yourself"],
  answerIn: [
    "将通知对方，请其在 {n} 分钟内接受或退回；逾期自动退回给您",
    "they are told, and have {n} min to accept or decline; then it comes back to you",
  ],
  result: ["处置结果", "result"],
  resultNeeded: ["处置结果（必填）", "result (required)"],
  stillHolds: [
    "注意：数据显示情况仍在持续，办结后不再通知，除非级别上升",
    "the data says that it still goes on; once closed nobody is told any more unless it rises",
  ],
  stillHoldsMany: [
    "注意：其中 {n} 条数据显示情况仍在持续，办结后不再通知，除非级别上升",
    "the data says that {n} still go on; once closed nobody is told any more unless they rise",
  ],
  twoClose: ["{n} 条须由另一人批准后才办结", "{n} {n|is|are} closed once somebody else approves"],
  heldThen: ["办结时情况仍在持续", "it still went on then"],
  askedOfYou: [
    "{who}把它指派给您，请在 {t} 内答复",
    "{who} gave it to you; answer within {t}",
  ],
  askedOf: [
    "{by}指派给{who}，等待答复，剩余 {t}",
    "given to {who} by {by}, who has {t} left to answer",
  ],
  answerDue: ["即将退回", "goes back now"],
  wantsClosed: [
    "{who}申请办结（{result}）：{comment}",
    "{who} wants it closed ({result}): {comment}",
  ],
  waitsForSecond: ["待另一人批准", "somebody else must approve"],
  toAnswer: ["待答复 {t}", "to answer {t}"],
  toApprove: ["待批办结", "to approve"],
};
