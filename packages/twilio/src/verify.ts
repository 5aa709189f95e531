import { type CodeService, type CodeVerdict, InvalidOptionsError, SmsUnavailableError } from '@phone-auth/core'
import { providerGuard } from '@phone-auth/core/senders'
import { accessProblems, connect, isSid, type TwilioAccess } from './access.ts'
import { calling } from './calling.ts'
import { readThrown } from './failures.ts'

/** What {@link twilioVerify} takes: the access, the service, and how codes travel. */
export type TwilioVerifyOptions = TwilioAccess & {
  /** The Verify service. Its code length must be the `code.length` of `PhoneAuth`, 6 by default. */
  readonly serviceSid: string
  /**
   * How codes travel.
   * @defaultValue "sms"
   */
  readonly channel?: 'sms' | 'call' | 'whatsapp' | undefined
  /**
   * The name the message calls the application by, in place of the service's own: at most 30
   * characters.
   */
  readonly applicationName?: string | undefined
  /** The 11 characters by which Android's SMS Retriever knows your app. */
  readonly androidAppHash?: string | undefined
}

const MAX_IN_FLIGHT = 50

const MAX_CHECKS_REACHED = 60202
const NOT_FOUND = 20404

/**
 * Has Twilio Verify make, send and check the codes. Verify learns the outcome from the check
 * itself, so there is nothing to report.
 *
 * Verify keeps one code per number at a time, so challenges of one number that are open at once
 * share it and its 5 checks; the limits of Phone Auth stay in force in front of it. Under attack a
 * number is refused where a code of Phone Auth's own would become longer.
 *
 * @throws `InvalidOptionsError` if the options cannot serve.
 *
 * @example
 * ```ts
 * import { twilioVerify } from '@phone-auth/twilio'
 *
 * const codeService = twilioVerify({
 *   accountSid: process.env.TWILIO_ACCOUNT_SID ?? '',
 *   authToken: process.env.TWILIO_AUTH_TOKEN ?? '',
 *   serviceSid: process.env.TWILIO_VERIFY_SID ?? '',
 * })
 * ```
 */
export function twilioVerify(options: TwilioVerifyOptions): CodeService {
  const { serviceSid, channel = 'sms', applicationName, androidAppHash } = options
  const problems = accessProblems(options)
  if (!isSid(serviceSid, 'VA')) problems.push('serviceSid must be VA and 32 hexadecimal digits.')
  if (!['sms', 'call', 'whatsapp'].includes(channel)) problems.push('channel must be "sms", "call" or "whatsapp".')
  if (applicationName !== undefined && !/^.{1,30}$/.test(applicationName)) {
    problems.push('applicationName must have 1 to 30 characters.')
  }
  if (androidAppHash !== undefined && !/^[A-Za-z0-9+/]{11}$/.test(androidAppHash)) {
    problems.push('androidAppHash must be the 11 characters that identify the Android app.')
  }
  if (problems.length > 0) throw new InvalidOptionsError(problems.map((problem) => `twilioVerify: ${problem}`))
  const call = calling(connect(options, 2 * MAX_IN_FLIGHT))
  // Apart, so that starts that hang leave room to checks.
  const [starting, checking] = [providerGuard(MAX_IN_FLIGHT), providerGuard(MAX_IN_FLIGHT)]
  return {
    start: async ({ to, locale }, sendOptions) => {
      const fields = {
        to,
        channel,
        ...(locale !== null && { locale }),
        ...(applicationName !== undefined && { customFriendlyName: applicationName }),
        ...(androidAppHash !== undefined && channel === 'sms' && { appHash: androidAppHash }),
      }
      const { sid, status } = await starting(sendOptions.signal, () =>
        call(sendOptions, (client) => client.verify.v2.services(serviceSid).verifications.create(fields)),
      )
      if (typeof sid !== 'string' || sid === '') throw new SmsUnavailableError(true)
      return { messageId: sid, handle: sid, status }
    },
    check: ({ to, handle, code }, sendOptions) =>
      checking(sendOptions.signal, () =>
        call(sendOptions, async (client) => {
          try {
            const check = handle === null ? { to, code } : { verificationSid: handle, code }
            const answer = await client.verify.v2.services(serviceSid).verificationChecks.create(check)
            return verdictOf(answer.status)
          } catch (thrown) {
            const { status, code } = readThrown(thrown)
            if (code === MAX_CHECKS_REACHED) return 'spent'
            if (status === 404 && code === NOT_FOUND) return 'gone'
            throw thrown
          }
        }),
      ),
  }
}

function verdictOf(status: unknown): CodeVerdict {
  switch (status) {
    case 'approved':
      return 'approved'
    case 'pending':
      return 'wrong'
    case 'max_attempts_reached':
      return 'spent'
    case 'canceled':
    case 'deleted':
    case 'expired':
    case 'failed':
      return 'gone'
    default:
      throw new SmsUnavailableError(false, { explanation: 'Twilio Verify gave an answer that cannot be read.' })
  }
}
