import { consoleSender } from '@phone-auth/console'
import type { CodeService, PhoneAuth, SmsSender } from '@phone-auth/core'
import type { Webhook } from '@phone-auth/http'
import { twilioReceipts, twilioSender, twilioVerify } from '@phone-auth/twilio'
import { ConfigError, type TwilioConfig } from './config.ts'

const RECEIPTS_PATH = '/sms/status'

/** Who sends the codes. */
export interface Provider {
  readonly smsSender?: SmsSender
  readonly codeService?: CodeService
  /** What it is, for people. */
  readonly description: string
  /** What the provider calls, by path. */
  readonly webhooks: (auth: PhoneAuth) => Readonly<Record<string, Webhook>>
}

/**
 * Verify where a Verify service is named, messages where a sender is, and the terminal where
 * neither is or in test mode.
 *
 * @throws {@link ConfigError} if what the environment says of Twilio cannot serve.
 */
export function providerFrom(config: TwilioConfig): Provider {
  const { from, messagingServiceSid, verifySid, isTestMode } = config
  const webhooks = () => ({})
  const isNamed = [config.accountSid, config.authToken, from, messagingServiceSid, verifySid].some(Boolean)
  if (isTestMode || !isNamed) {
    const description = isTestMode ? 'TEST MODE: printed here, not sent. Never in production' : 'printed here, not sent'
    return { smsSender: consoleSender(), description, webhooks }
  }
  if (verifySid !== undefined && config.publicUrl !== undefined) {
    throw new ConfigError('PUBLIC_URL is for receipts of messages; Twilio Verify sends none. Leave it out.')
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
    throw new ConfigError(`${missing} is required beside the other TWILIO_ variables; or set TWILIO_TEST_MODE=true.`)
  }
  return { accountSid, authToken, apiUrl }
}

function messagesFrom({ from, messagingServiceSid, publicUrl }: TwilioConfig, access: Access) {
  if (from === undefined && messagingServiceSid === undefined) {
    throw new ConfigError('Set TWILIO_PHONE_NUMBER, TWILIO_MESSAGING_SERVICE_SID or TWILIO_VERIFY_SID: who shall send?')
  }
  const url = publicUrl === undefined ? undefined : publicUrl.replace(/\/+$/, '') + RECEIPTS_PATH
  // The service chooses among its numbers, of which the other one may be one.
  const sender = messagingServiceSid === undefined ? { from } : { messagingServiceSid }
  return {
    smsSender: twilioSender({ ...access, ...sender, statusCallback: url }),
    webhooks: (auth: PhoneAuth): Readonly<Record<string, Webhook>> =>
      url === undefined ? {} : { [RECEIPTS_PATH]: twilioReceipts(auth, { authToken: access.authToken, url }) },
  }
}
