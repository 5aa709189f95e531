/**
 * Phone Auth with Twilio: messages by SMS or WhatsApp, codes by Twilio Verify, and delivery
 * receipts.
 *
 * @module @phone-auth/twilio
 */

export type { TwilioAccess } from './access.ts'
export { type TwilioReceiptsOptions, twilioReceipts } from './receipts.ts'
export { type TwilioSenderOptions, twilioSender } from './sender.ts'
export { type TwilioVerifyOptions, twilioVerify } from './verify.ts'
