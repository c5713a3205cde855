/** Which scope each endpoint of the API needs. The entry of the API has a type that fails to compile while an endpoint has no row here. */
import * as KeyAccess from "../../http/KeyAccess.ts"

const { admin, operate, optOut, read, send } = KeyAccess

/** A key for some lines only may come here too, because the handler checks the line. */
const byLine = (access: KeyAccess.Access): KeyAccess.Access => ({ ...access, checksLine: true })

/** What whoever sends needs as well: to plan a message before, and to ask what became of it. */
const readOrSend: KeyAccess.Access = { scopes: ["read", "send"] }

export const table = {
  // sending
  send: byLine(send),
  plan: byLine(readOrSend),
  listDeliveries: byLine(read),
  getDelivery: byLine(readOrSend),
  status: byLine(readOrSend),
  explain: byLine(readOrSend),
  listHeld: read,
  settle: operate,
  look: operate,

  // messages
  listArchive: byLine(read),
  countArchive: byLine(read),
  getMessage: read,
  listThread: read,
  edit: send,
  deleteRecord: send,
  react: send,
  unreact: send,
  moveSticker: send,
  sendVoiceMemo: send,
  sendPoll: send,
  getPoll: read,
  addPollOptions: send,
  voteInPoll: send,

  // chats
  openConversation: byLine(send),
  openGroup: byLine(send),
  listChats: read,
  getChat: read,
  updateChat: send,
  listMessages: read,
  markRead: send,
  leaveChat: send,
  startTyping: send,
  stopTyping: send,
  addParticipant: send,
  removeParticipant: send,
  requestLocation: send,
  getLocations: read,
  stopLocation: send,
  shareContactCard: send,
  uploadAttachment: send,
  getAttachment: readOrSend,
  deleteAttachment: send,

  // lines
  listLines: read,
  checkLines: operate,
  listLineUsage: read,
  getContactStatus: readOrSend,
  setForwarding: operate,
  getContactCard: read,
  setContactCard: operate,
  lookupService: readOrSend,
  listCarriers: read,

  // people
  listOptOuts: read,
  optOut,
  optIn: operate,
  listBlocked: read,
  block: operate,
  unblock: operate,

  // what arrives, and what is called
  progress: read,
  catchUp: operate,
  listWebhooks: read,
  createWebhook: operate,
  updateWebhook: operate,
  deleteWebhook: operate,
  listCallbacks: read,
  createCallback: operate,
  getCallback: read,
  updateCallback: operate,
  deleteCallback: operate,
  testCallback: operate,
  listDeadLetters: read,
  redeliver: operate,
  dropDeadLetter: operate,
  listQueues: read,
  pauseQueue: operate,
  resumeQueue: operate,
  retryQueue: operate,
  listFailedEvents: read,
  retryFailedEvent: operate,
  dropFailedEvent: operate,
  listProcesses: read,
  getVersion: KeyAccess.any,

  // moving between carriers
  showMigration: read,
  compare: read,
  getRollout: read,
  // a rollout has a record of its own, which the audit shows
  changeRollout: { scopes: operate.scopes },
  moveConversations: operate,

  // who may do all this
  signIn: KeyAccess.signIn,
  getSession: KeyAccess.any,
  signOut: { ...KeyAccess.any, isAudited: true },
  listKeys: { scopes: admin.scopes },
  createKey: admin,
  revokeKey: admin,
  listAudit: { scopes: admin.scopes }
} as const satisfies Readonly<Record<string, KeyAccess.Access>>
