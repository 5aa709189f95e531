import { consoleSender } from '@phone-auth/console'
import type { PhoneAuth } from '@phone-auth/core'
import type { CodeService, SmsSender } from '@phone-auth/core/adapters'
import type { Webhook } from '@phone-auth/http'
import { twilioReceipts, twilioSender, twilioVerify } from '@phone-auth/twilio'
import { ConfigError, type TwilioConfig } from './config.ts'

const RECEIPTS_PATH = '/sms/status'

/** The part of the server that sends the codes. */
export interface Provider {
  readonly smsSender?: SmsSender
  readonly codeService?: CodeService
  /** What it is, to be printed. */
  readonly description: string
  /** Handlers of the provider's requests, by path. */
  readonly webhooks: (auth: PhoneAuth) => Readonly<Record<string, Webhook>>
}

/**
 * Uses Twilio Verify if a Verify service is set, and Twilio messages if a sender is set. Without
 * variables for Twilio, and in test mode, codes are printed to the terminal.
 *
 * @throws {@link ConfigError} if the variables for Twilio are incomplete or exclude each other.
 */
export function providerFrom(config: TwilioConfig): Provider {
  const { from, messagingServiceSid, verifySid, isTestMode } = config
  const webhooks = () => ({})
  const isConfigured = [config.accountSid, config.authToken, from, messagingServiceSid, verifySid].some(Boolean)
  if (isTestMode || !isConfigured) {
    const description = isTestMode
      ? 'TEST MODE: printed here, not sent. Do not use in production'
      : 'printed here, not sent'
    return { smsSender: consoleSender(), description, webhooks }
  }
  if (verifySid !== undefined && config.publicUrl !== undefined) {
    throw new ConfigError('PUBLIC_URL is for receipts of messages, which Twilio Verify does not send. Remove it.')
  }
  const access = accessFrom(config)
  if (verifySid !== undefined) {
    const codeService = twilioVerify({ ...access, serviceSid: verifySid })
    return { codeService, description: `Twilio Verify, service ${verifySid}`, webhooks }
  }
  return { ...messagesFrom(config, access), description: `Twilio, from ${messagingServiceSid ?? from}` }
}

type Access = ReturnType<typeof accessFrom>

function accessFrom({ accountSid, authToken, apiUrl }: TwilioConfig) {
  if (accountSid === undefined || authToken === undefined) {
    const missing = accountSid === undefined ? 'TWILIO_ACCOUNT_SID' : 'TWILIO_AUTH_TOKEN'
    throw new ConfigError(
      `${missing} is required with the other TWILIO_ variables. To print codes, set TWILIO_TEST_MODE=true.`,
    )
  }
  return { accountSid, authToken, apiUrl }
}

function messagesFrom({ from, messagingServiceSid, publicUrl }: TwilioConfig, access: Access) {
  if (from === undefined && messagingServiceSid === undefined) {
    throw new ConfigError('No sender: set TWILIO_PHONE_NUMBER, TWILIO_MESSAGING_SERVICE_SID or TWILIO_VERIFY_SID.')
  }
  const url = publicUrl === undefined ? undefined : publicUrl.replace(/\/+$/, '') + RECEIPTS_PATH
  // A messaging service chooses the number to send from, so `from` is not used with it.
  const sender = messagingServiceSid === undefined ? { from } : { messagingServiceSid }
  return {
    smsSender: twilioSender({ ...access, ...sender, statusCallback: url }),
    webhooks: (auth: PhoneAuth): Readonly<Record<string, Webhook>> =>
      url === undefined ? {} : { [RECEIPTS_PATH]: twilioReceipts(auth, { authToken: access.authToken, url }) },
  }
}
