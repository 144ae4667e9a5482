import Glibc

/// Names of files and folders that begin like a path.
enum PathCompletion {
  /// Candidates for the last part of `path`, which ends at byte `end`; folders end in `/`. Hidden ones only where the dot is typed.
  static func candidates(for path: Substring, _ end: Int) -> Completions {
    let folderEnd = path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex
    let (folder, word) = (path[..<folderEnd], path[folderEnd...])
    let place = Folder.expanded(folder.isEmpty ? "." : String(folder))
    var found: [String] = []
    for (name, isFolder) in entries(of: place)
    where name.hasPrefix(word) && (word.first == "." || name.first != ".") {
      // A name that a string literal could not hold as it stands is of no use there.
      guard name.allSatisfy({ $0 != "\"" && $0 != "\\" && !$0.isNewline }) else { continue }
      found.append(isFolder ? name + "/" : name)
    }
    return (end - word.utf8.count..<end, found.sorted())
  }

  private static func entries(of place: String) -> [(name: String, isFolder: Bool)] {
    guard let folder = opendir(place) else { return [] }
    defer { closedir(folder) }
    var result: [(String, Bool)] = []
    // A folder with very many entries must not make the key slow.
    while result.count < 20_000, let entry = readdir(folder) {
      let name = withUnsafePointer(to: entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name != ".", name != ".." else { continue }
      var isFolder = entry.pointee.d_type == UInt8(DT_DIR)
      if entry.pointee.d_type == UInt8(DT_LNK) || entry.pointee.d_type == UInt8(DT_UNKNOWN) {
        var information = stat()
        isFolder = stat(place + "/" + name, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
      }
      result.append((name, isFolder))
    }
    return result
  }
}
