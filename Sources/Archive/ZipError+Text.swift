import Glibc

extension ZipError: CustomStringConvertible {
  /// A sentence without a full stop; a path in it may hold any character.
  package var description: String {
    let entry = path.map { "its entry '\($0)' " } ?? ""
    return switch reason {
    case .noZip: "it is no zip file, or was cut off"
    case .damaged(let what): "\(path.map { "its entry '\($0)'" } ?? what) is damaged"
    case .zip64: "it is in the format zip64, which is not read"
    case .severalDisks: "it is one part of several"
    case .encrypted: entry + "is encrypted"
    case .link: entry + "is a symbolic link"
    case .special: entry + "is neither a file nor a folder"
    case .twice: entry + "is there twice"
    case .belowFile: entry + "lies below a file"
    case .folderWithData: entry + "is a folder and has data"
    case .method(let number): entry + "is packed by method \(number), which is not read"
    case .path(let why): entry + why
    case .tooManyEntries(let limit): "it has more than \(limit) entries"
    case .tooLarge(let limit): "it is larger than \(limit >> 20) MiB unpacked"
    case .fileTooLarge(let limit): entry + "is larger than \(limit >> 10) KiB"
    case .otherData: entry + "does not hold what the directory of the archive says"
    case .noMemory: "there is no memory to unpack it"
    case .system(let what, let code): "\(what): " + String(cString: strerror(code))
    }
  }
}
