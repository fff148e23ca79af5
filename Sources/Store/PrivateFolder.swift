/// A folder of the state that is its owner's alone.
package enum PrivateFolder {
  /// Makes it with mode 0700, and the folders above it, where they are missing.
  package static func make(_ path: String) throws(StoreError) { try StateFolder.makeFolder(path) }
}
