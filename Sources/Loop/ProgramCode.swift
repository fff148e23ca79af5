import CSpawn

/// The code of this process and of its libraries, as far as it is mapped.
///
/// What only the start needed, half of all that is resident, stays mapped for good. The pages are
/// those of the files, so that nothing is lost when they are unmapped: each is mapped again by the
/// first call of something in it, which costs about a microsecond for 64 KB.
package enum ProgramCode {
  /// Unmaps all of it.
  package static func forget() { cspawn_forget_code() }
}
