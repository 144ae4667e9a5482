import Glibc
import Notebook
import Runtime

/// What the user's start-up file runs before the first prompt: `$XDG_CONFIG_HOME/faa/startup.faa`, a notebook or plain program text. Nothing
/// where there is no such file; throws what is wrong with one that cannot be read.
func startupPrograms() throws -> [ProgramPart] {
  guard let path = UserFile.configuration("startup.faa"), access(path, F_OK) == 0 else { return [] }
  let bytes = try readFile(path)
  let document = Document(parsing: bytes, name: path)
  let isNotebook = !document.cells.isEmpty || bytes.starts(with: "---\n".utf8)
  return isNotebook ? try programs(in: document) : [(String(decoding: bytes, as: UTF8.self), path, 1)]
}
