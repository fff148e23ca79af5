package struct Cursor { package var generation: UInt64; package var list: UInt8; package var page: Int
 package init(generation: UInt64, list: UInt8, page: Int) { self.generation = generation; self.list = list; self.page = page }
 package func encoded() -> [UInt8] { [] }
 package static func decode(_ t: [UInt8]) -> Cursor? { nil } }
