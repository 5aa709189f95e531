import {
  InvalidOptionsError,
  type SmsMessage,
  type SmsReceipt,
  type SmsSender,
  SmsUnavailableError,
} from '@phone-auth/core'
import { bulkhead, circuitBreaker } from '@phone-auth/core/senders'
import { accessProblems, connect, isHttpUrl, isSid, type TwilioAccess } from './access.ts'
import { calling } from './calling.ts'

/** What {@link twilioSender} takes: the access, who sends, and how. */
export type TwilioSenderOptions = TwilioAccess & {
  /**
   * The sender: a number of the account in E.164, a short code or an alphanumeric sender id. Or
   * give `messagingServiceSid`.
   */
  readonly from?: string | undefined
  /** The messaging service that chooses the sender. */
  readonly messagingServiceSid?: string | undefined
  /**
   * How messages travel. WhatsApp takes only texts that it has approved, so it needs `contentSid`
   * and a `from` in E.164.
   * @defaultValue "sms"
   */
  readonly channel?: 'sms' | 'whatsapp' | undefined
  /**
   * The approved WhatsApp template, or one for each language of `messages.locales`; its variable
   * `1` is the code.
   */
  readonly contentSid?: string | Readonly<Record<string, string>> | undefined
  /**
   * The public URL at which {@link twilioReceipts} is mounted. Without it, nothing tells whether
   * messages arrive.
   */
  readonly statusCallback?: string | undefined
  /**
   * Confirms to Twilio each message whose code was verified (Message Feedback). Twilio then shows
   * how many of your messages lead to a sign-in, and can improve how they are delivered.
   * @defaultValue false
   */
  readonly messageFeedback?: boolean | undefined
  /**
   * How many messages may wait for Twilio at a time; further ones fail at once.
   * @defaultValue 50
   */
  readonly maxInFlight?: number | undefined
}

/**
 * Sends messages through Twilio, by SMS or WhatsApp, over the official client.
 *
 * Gives up connecting after 3 seconds and waiting for the answer after 10. Sends again, twice at
 * most, only what Twilio documents as never processed: too many requests, or a refused connection.
 * Twilio drops what it could not send before the code expires. A Twilio that fails or hangs is left
 * alone for half a minute (`circuitBreaker`), and holds up at most `maxInFlight` calls
 * (`bulkhead`). Every failure says what is wrong, how to mend it and whether the message may have
 * gone out.
 *
 * @throws `InvalidOptionsError` if the options cannot serve.
 *
 * @example
 * ```ts
 * import { twilioSender } from '@phone-auth/twilio'
 *
 * const smsSender = twilioSender({
 *   accountSid: process.env.TWILIO_ACCOUNT_SID ?? '',
 *   authToken: process.env.TWILIO_AUTH_TOKEN ?? '',
 *   messagingServiceSid: process.env.TWILIO_MESSAGING_SERVICE_SID ?? '',
 * })
 * ```
 */
export function twilioSender(options: TwilioSenderOptions): SmsSender {
  const problems = [...accessProblems(options), ...senderProblems(options)]
  if (problems.length > 0) throw new InvalidOptionsError(problems.map((problem) => `twilioSender: ${problem}`))
  const { maxInFlight = 50, messageFeedback = false } = options
  // Reports have room of their own, so that those that hang leave it to messages.
  const call = calling(connect(options, messageFeedback ? 2 * maxInFlight : maxInFlight))
  const sender: SmsSender = {
    send: async (message, sendOptions): Promise<SmsReceipt> => {
      const fields = messageFields(options, message)
      const { sid, numSegments, status } = await call(sendOptions, (client) => client.messages.create(fields))
      // An answer without an id is none of Twilio's: what happened to the message nobody knows.
      if (typeof sid !== 'string' || sid === '') throw new SmsUnavailableError(true)
      // A messaging service counts segments only when it has chosen a sender, and says 0 until
      // then.
      const segments = Number(numSegments)
      return { messageId: sid, status, ...(segments > 0 && { segments }), ...(messageFeedback && { handle: sid }) }
    },
    ...(messageFeedback && {
      report: async ({ handle, outcome }, sendOptions) => {
        // Until it is confirmed, Twilio takes a message for unconfirmed by itself.
        if (outcome !== 'verified') return
        await call(sendOptions, (client) => client.messages(handle).feedback.create({ outcome: 'confirmed' }))
      },
    }),
  }
  return bulkhead(circuitBreaker(sender), { maxInFlight })
}

function messageFields(options: TwilioSenderOptions, message: SmsMessage) {
  const { from, messagingServiceSid, statusCallback, messageFeedback = false } = options
  const isWhatsApp = options.channel === 'whatsapp'
  const address = (phoneNumber: string) => (isWhatsApp ? `whatsapp:${phoneNumber}` : phoneNumber)
  return {
    to: address(message.to),
    validityPeriod: message.expiresInSeconds,
    ...(from !== undefined && { from: address(from) }),
    ...(messagingServiceSid !== undefined && { messagingServiceSid }),
    ...(isWhatsApp ? templateFields(options, message) : { body: message.text }),
    ...(messageFeedback && { provideFeedback: true }),
    ...(statusCallback !== undefined && { statusCallback: withReference(statusCallback, message.reference) }),
  }
}

function templateFields({ contentSid = '' }: TwilioSenderOptions, { template }: SmsMessage) {
  const { locale, variables } = template
  const sid = typeof contentSid === 'string' ? contentSid : (contentSid[locale] ?? Object.values(contentSid)[0] ?? '')
  return { contentSid: sid, contentVariables: JSON.stringify({ 1: variables.code }) }
}

function withReference(url: string, reference: string): string {
  const callback = new URL(url)
  callback.searchParams.set('ref', reference)
  return callback.href
}

function senderProblems(options: TwilioSenderOptions): string[] {
  const {
    from,
    messagingServiceSid,
    channel = 'sms',
    contentSid,
    statusCallback,
    messageFeedback,
    maxInFlight = 50,
  } = options
  const isNumber = from !== undefined && /^\+[1-9][0-9]{6,14}$/.test(from)
  const isSender = isNumber || (from !== undefined && /^([0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$/.test(from))
  const problems: string[] = []
  const demand = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem)
  }
  demand(
    (from === undefined) !== (messagingServiceSid === undefined),
    'give from or messagingServiceSid, one of the two.',
  )
  demand(
    from === undefined || isSender,
    'from must be a number in E.164 such as +14155550123, a short code or a sender id of at most 11 letters and digits.',
  )
  demand(
    messagingServiceSid === undefined || isSid(messagingServiceSid, 'MG'),
    'messagingServiceSid must be MG and 32 hexadecimal digits.',
  )
  demand(['sms', 'whatsapp'].includes(channel), 'channel must be "sms" or "whatsapp".')
  const templates = typeof contentSid === 'object' ? Object.values(contentSid) : [contentSid]
  const areTemplates = templates.length > 0 && templates.every((sid) => isSid(sid, 'HX'))
  demand(
    channel !== 'whatsapp' || (areTemplates && (isNumber || from === undefined)),
    'WhatsApp needs contentSid, HX and 32 hexadecimal digits, and a from in E.164, without "whatsapp:".',
  )
  demand(contentSid === undefined || channel === 'whatsapp', 'contentSid is for channel "whatsapp".')
  demand(
    statusCallback === undefined || isHttpUrl(statusCallback),
    'statusCallback must be the public http(s) URL of your receipts.',
  )
  demand(
    messageFeedback === undefined || typeof messageFeedback === 'boolean',
    'messageFeedback must be true or false.',
  )
  demand(Number.isInteger(maxInFlight) && maxInFlight >= 1, 'maxInFlight must be a whole number from 1.')
  return problems
}
