/** Which phone numbers are accepted. */
export interface PhoneNumberOptions {
  /**
   * ISO 3166 regions whose numbers are accepted, such as `["IN", "US"]`. There is no default and no
   * "all": an attacker can make you pay for SMS to every region that is allowed.
   */
  readonly allowedRegions: readonly string[]
  /**
   * The region in which numbers without a country code are read.
   * @defaultValue none: numbers without a country code are refused
   */
  readonly defaultRegion?: string
}
