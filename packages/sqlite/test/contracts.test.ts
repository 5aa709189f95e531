import { testContracts } from '../../kysely/test/contracts.ts'
import { sqliteSubject } from './subject.ts'

testContracts(sqliteSubject)
