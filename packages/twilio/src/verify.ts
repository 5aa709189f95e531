import { InvalidOptionsError, SmsUnavailableError } from '@phone-auth/core'
import { applicationNameProblem, type CodeService, type CodeVerdict } from '@phone-auth/core/adapters'
import { providerGuard } from '@phone-auth/core/senders'
import { accessProblems, connect, isSid, type TwilioAccess } from './access.ts'
import { calling } from './calling.ts'
import { readThrown, refuseFailed } from './failures.ts'

/** Options for {@link twilioVerify}: the access to Twilio, the Verify service and the channel. */
export type TwilioVerifyOptions = TwilioAccess & {
  /** The Verify service. Its code length must be the `code.length` of `PhoneAuth`, 6 by default. */
  readonly serviceSid: string
  /**
   * The channel of the codes.
   * @defaultValue "sms"
   */
  readonly channel?: 'sms' | 'call' | 'whatsapp' | undefined
  /**
   * The name of the application in the message, instead of the name of the Verify service. At most
   * 30 characters.
   */
  readonly applicationName?: string | undefined
  /** The 11 characters that identify your app to Android's SMS Retriever. */
  readonly androidAppHash?: string | undefined
}

const MAX_IN_FLIGHT = 50

const MAX_CHECKS_REACHED = 60202
const NOT_FOUND = 20404

/**
 * Uses Twilio Verify to create, send and check the codes. Verify knows the outcome from the check,
 * so there is no `report`.
 *
 * Verify has one code per phone number at a time. Concurrent challenges of one phone number share
 * this code and its 5 checks. The limits of Phone Auth apply before Verify is called. Under attack,
 * a phone number is refused, because Verify cannot send a longer code.
 *
 * @throws `InvalidOptionsError` if the options are invalid.
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
  if (!isSid(serviceSid, 'VA')) problems.push('serviceSid must be VA followed by 32 hexadecimal digits.')
  if (!['sms', 'call', 'whatsapp'].includes(channel)) problems.push('channel must be "sms", "call" or "whatsapp".')
  const nameProblem = applicationName === undefined ? null : applicationNameProblem(applicationName)
  if (nameProblem !== null) problems.push(`applicationName ${nameProblem}`)
  if (androidAppHash !== undefined && !/^[A-Za-z0-9+/]{11}$/.test(androidAppHash)) {
    problems.push('androidAppHash must be the 11 characters that identify the Android app.')
  }
  if (problems.length > 0) throw new InvalidOptionsError(problems.map((problem) => `twilioVerify: ${problem}`))
  const call = calling(connect(options, 2 * MAX_IN_FLIGHT))
  // Separate limits, so that hanging starts do not block checks.
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
      const { sid, status } = await starting(sendOptions, () =>
        call(sendOptions, (client) => client.verify.v2.services(serviceSid).verifications.create(fields)),
      )
      refuseFailed({ status })
      if (typeof sid !== 'string' || sid === '') throw new SmsUnavailableError(true)
      return { messageId: sid, handle: sid, status }
    },
    check: ({ to, handle, code }, sendOptions) =>
      checking(sendOptions, () =>
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
      throw new SmsUnavailableError(false, { explanation: 'Twilio Verify sent a response that cannot be read.' })
  }
}
