package import Foundation

/// Data that tests use and the repository does not hold.
///
/// It lies in a folder `shared` beside the repository, or where `SWITCHYARD_SHARED` says.
package enum SharedCorpus {
  /// The folder, if it is there.
  package static let folder: URL? = {
    if let path = ProcessInfo.processInfo.environment["SWITCHYARD_SHARED"] {
      return URL(fileURLWithPath: path)
    }
    var place = URL(fileURLWithPath: #filePath)
    while place.path != "/" {
      place.deleteLastPathComponent()
      let candidate = place.appendingPathComponent("shared/corpora")
      if FileManager.default.fileExists(atPath: candidate.path) {
        return candidate.deletingLastPathComponent()
      }
    }
    return nil
  }()

  /// The files of a folder under `shared` by name; nil, with a warning, if it is not there.
  package static func files(_ path: String) -> [String: [UInt8]]? {
    guard let url = folder?.appendingPathComponent(path), let files = contents(of: url) else {
      let text = "warning: SKIPPED, no ../shared/\(path) and no SWITCHYARD_SHARED\n"
      FileHandle.standardError.write(Data(text.utf8))
      return nil
    }
    return files
  }

  /// The seeds of a fuzz target and every input that ever broke it.
  package static func seeds(_ target: String) -> [String: [UInt8]] {
    var place = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { place.deleteLastPathComponent() }
    return contents(of: place.appendingPathComponent("Fuzz/\(target)/Seeds")) ?? [:]
  }

  private static func contents(of folder: URL) -> [String: [UInt8]]? {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
      return nil
    }
    var files: [String: [UInt8]] = [:]
    for name in names {
      files[name] = (try? Data(contentsOf: folder.appendingPathComponent(name))).map { Array($0) }
    }
    return files
  }
}
