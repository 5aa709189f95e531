import { InvalidOptionsError, SmsUnavailableError } from '@phone-auth/core'
import type { SmsMessage, SmsReceipt, SmsSender } from '@phone-auth/core/adapters'
import { bulkhead, circuitBreaker } from '@phone-auth/core/senders'
import { accessProblems, connect, isHttpUrl, isSid, type TwilioAccess } from './access.ts'
import { calling } from './calling.ts'
import { refuseFailed } from './failures.ts'

/** Options for {@link twilioSender}: the access to Twilio, the sender and the channel. */
export type TwilioSenderOptions = TwilioAccess & {
  /**
   * The sender: a phone number of the account in E.164, a short code or an alphanumeric sender id.
   * Set either `from` or `messagingServiceSid`.
   */
  readonly from?: string | undefined
  /** The messaging service that chooses the sender. */
  readonly messagingServiceSid?: string | undefined
  /**
   * The channel of the messages. WhatsApp accepts only approved texts, so it requires `contentSid`,
   * and `from`, if it is set, in E.164.
   * @defaultValue "sms"
   */
  readonly channel?: 'sms' | 'whatsapp' | undefined
  /**
   * The approved WhatsApp template, or one for each language of `messages.locales`. The variable
   * `1` of the template is the code, without hyphens.
   */
  readonly contentSid?: string | Readonly<Record<string, string>> | undefined
  /**
   * The public URL of your {@link twilioReceipts} handler. Without it, you receive no delivery
   * receipts.
   */
  readonly statusCallback?: string | undefined
  /**
   * Confirms each message with a verified code to Twilio (Message Feedback). Twilio then shows how
   * many of your messages lead to a sign-in, and can improve their delivery.
   * @defaultValue false
   */
  readonly messageFeedback?: boolean | undefined
  /**
   * How many messages may wait for Twilio at the same time. Further messages fail immediately.
   * @defaultValue 50
   */
  readonly maxInFlight?: number | undefined
}

// WhatsApp refuses a template with a longer code.
const MAX_WHATSAPP_CODE = 15

/**
 * Sends messages through Twilio, by SMS or WhatsApp, with the official client.
 *
 * The timeout is 3 seconds to connect and 10 seconds for the response. A request is retried at most
 * twice, and only if Twilio documents that it was not processed: too many requests, or a refused
 * connection. Twilio drops a message that it could not send before the code expires. When most
 * calls fail, no calls are made for 30 seconds (`circuitBreaker`), and at most
 * `maxInFlight` calls wait (`bulkhead`). Every error states what is wrong, how to fix it and
 * whether the message may have been sent.
 *
 * @throws `InvalidOptionsError` if the options are invalid.
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
  // Reports get additional connections, so that hanging reports do not delay messages.
  const call = calling(connect(options, messageFeedback ? 2 * maxInFlight : maxInFlight))
  const sender: SmsSender = {
    ...(options.channel === 'whatsapp' && { maxCodeLength: () => MAX_WHATSAPP_CODE }),
    send: async (message, sendOptions): Promise<SmsReceipt> => {
      const fields = messageFields(options, message)
      const created = await call(sendOptions, (client) => client.messages.create(fields))
      refuseFailed(created)
      const { sid, numSegments, status } = created
      // A response without an id is not from Twilio, so the outcome is unknown.
      if (typeof sid !== 'string' || sid === '') throw new SmsUnavailableError(true)
      // A messaging service reports 0 segments until it has chosen a sender.
      const segments = Number(numSegments)
      return { messageId: sid, status, ...(segments > 0 && { segments }), ...(messageFeedback && { handle: sid }) }
    },
    ...(messageFeedback && {
      report: async ({ handle, outcome }, sendOptions) => {
        // Twilio treats a message as unconfirmed until it is confirmed.
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
  const { locale, codeGroups } = template
  const sid = typeof contentSid === 'string' ? contentSid : (contentSid[locale] ?? Object.values(contentSid)[0] ?? '')
  return { contentSid: sid, contentVariables: JSON.stringify({ 1: codeGroups.join('') }) }
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
  demand((from === undefined) !== (messagingServiceSid === undefined), 'set either from or messagingServiceSid.')
  demand(
    from === undefined || isSender,
    'from must be a phone number in E.164 such as +14155550123, a short code or a sender id of at most 11 letters and digits.',
  )
  demand(
    messagingServiceSid === undefined || isSid(messagingServiceSid, 'MG'),
    'messagingServiceSid must be MG followed by 32 hexadecimal digits.',
  )
  demand(['sms', 'whatsapp'].includes(channel), 'channel must be "sms" or "whatsapp".')
  const templates = typeof contentSid === 'object' ? Object.values(contentSid) : [contentSid]
  const areTemplates = templates.length > 0 && templates.every((sid) => isSid(sid, 'HX'))
  demand(
    channel !== 'whatsapp' || (areTemplates && (isNumber || from === undefined)),
    'WhatsApp requires contentSid, HX followed by 32 hexadecimal digits, and from in E.164 without "whatsapp:".',
  )
  demand(contentSid === undefined || channel === 'whatsapp', 'contentSid requires channel "whatsapp".')
  demand(
    statusCallback === undefined || isHttpUrl(statusCallback),
    'statusCallback must be the public http(s) URL of your receipts.',
  )
  demand(
    messageFeedback === undefined || typeof messageFeedback === 'boolean',
    'messageFeedback must be true or false.',
  )
  demand(Number.isInteger(maxInFlight) && maxInFlight >= 1, 'maxInFlight must be an integer of at least 1.')
  return problems
}
