import CKernels
import Syntax
import Tensor

extension UnsafeMutablePointer<Machine.Frame> {
  /// The place an operand stands for. The frame begins with the four bases in the order of `Base`, so that this takes no branch:
  /// compilers merge the branches of all instructions into one, which then has to be told apart again.
  @inline(__always)
  fileprivate func place(_ number: UInt16, _ base: UInt8) -> Place {
    UnsafeRawPointer(self).load(fromByteOffset: Int(base) &* MemoryLayout<Place>.stride, as: Place.self)
      + Int(number)
  }

  /// Something of the function's code, without counting a reference.
  @inline(__always)
  fileprivate func code<Part>(_ part: (FunctionCode) -> Part) -> Part {
    pointee.code._withUnsafeGuaranteedRef(part)
  }
}

extension Instruction {
  /// Whether what changes is the content of the cell in a register.
  @inline(__always)
  fileprivate var isCell: Bool { bases & 3 == Base.captureOrCell.rawValue }
}

extension Machine {
  /// Where a jump leads. Going back, it asks whether the user wants to stop.
  @inline(__always)
  fileprivate static func jump(_ next: UnsafeMutablePointer<Instruction>, by distance: Int32) throws
    -> UnsafeMutablePointer<Instruction>
  {
    if distance < 0, faa_interrupted() { throw Interrupted() }
    return next + Int(distance)
  }

  /// Starts a function whose arguments are in its first registers.
  @inline(__always)
  private func push(
    _ frame: UnsafeMutablePointer<Frame>, _ function: Unmanaged<FunctionBox>, _ code: Unmanaged<FunctionCode>,
    _ registers: Place, _ globals: Place
  ) throws {
    let count = code._withUnsafeGuaranteedRef { $0.registerCount }
    if registers + count > initialized || depth >= Machine.depthLimit {
      try reserve(registers, count, for: function.takeUnretainedValue())
    }
    frame.initialize(
      to: Frame(
        registers: registers, constants: code._withUnsafeGuaranteedRef { $0.constants }, globals: globals,
        captures: function._withUnsafeGuaranteedRef { $0.captures }, function: function, code: code,
        resume: code._withUnsafeGuaranteedRef { $0.instructions }))
    depth &+= 1
  }

  /// Ends the innermost function: gives up what its registers hold and forgets it.
  @inline(__always)
  private func pop(_ frame: UnsafeMutablePointer<Frame>) {
    depth &-= 1
    var place = frame.pointee.registers
    let end = place + frame.pointee.code._withUnsafeGuaranteedRef { $0.registerCount }
    while place < end {
      place.clear()
      place += 1
    }
  }

  /// The loop. Runs `function`, whose arguments are in `base`, until it returns.
  func run(_ function: FunctionBox, _ entry: FunctionCode, _ base: Place) throws -> Value {
    let bottom = frames + depth
    try push(bottom, .passUnretained(function), .passUnretained(entry), base, globals.values)
    var frame = bottom
    var ip = entry.instructions
    while true {
      do {
        dispatch: while true {
          let i = ip.pointee
          ip += 1
          let a = frame.place(i.a, i.bases & 3)
          let b = frame.place(i.b, i.bases >> 2 & 3)
          let c = frame.place(i.c, i.bases >> 4 & 3)
          switch i.op {
          case .move: a.copy(b)
          case .constant: a.copy(frame.pointee.constants + Int(i.d))
          case .integer: a.put(.int(Int(i.d)))
          case .none: a.clearToNone()
          case .bool: a.put(.bool(i.d != 0))

          case .getGlobal:
            let slot = Int(i.d)
            if globals.isDefined[slot] {
              a.copy(globals.values + slot)
            } else {
              a.pointee = try undefinedValue(slot)
            }
          case .moveGlobal:
            let variable = globals.values + Int(i.d)
            if !variable.isPlain { retire(variable.pointee) }
            variable.moveValue(from: a)
            globals.isDefined[Int(i.d)] = true
          case .getCapture: a.copy(frame.pointee.captures + Int(i.d))
          case .newCell: a.pointee = .list(ListBox([a.pointee]))
          case .getCell: a.copy(try content(ofCell: b))
          case .setCell: try content(ofCell: a).copy(b)

          case .add:
            if a.arithmetic(b, c, { $0.addingReportingOverflow($1) }, { $0 + $1 }) { continue dispatch }
            try apply(.add, b, c, to: a)
          case .addI:
            if a.arithmetic(b, Int(i.d), { $0.addingReportingOverflow($1) }, { $0 + $1 }) {
              continue dispatch
            }
            try apply(.add, b, Int(i.d), to: a)
          case .subtract:
            if a.arithmetic(b, c, { $0.subtractingReportingOverflow($1) }, { $0 - $1 }) { continue dispatch }
            try apply(.subtract, b, c, to: a)
          case .subtractI:
            if a.arithmetic(b, Int(i.d), { $0.subtractingReportingOverflow($1) }, { $0 - $1 }) {
              continue dispatch
            }
            try apply(.subtract, b, Int(i.d), to: a)
          case .multiply:
            if a.arithmetic(b, c, { $0.multipliedReportingOverflow(by: $1) }, { $0 * $1 }) {
              continue dispatch
            }
            try apply(.multiply, b, c, to: a)
          case .multiplyI:
            if a.arithmetic(b, Int(i.d), { $0.multipliedReportingOverflow(by: $1) }, { $0 * $1 }) {
              continue dispatch
            }
            try apply(.multiply, b, Int(i.d), to: a)
          case .divide:
            if b.tag == Tag.float, c.tag == Tag.float {
              a.put(.float(b.float / c.float))
              continue dispatch
            }
            try apply(.divide, b, c, to: a)
          case .modulo:
            if b.tag == Tag.int, c.tag == Tag.int, c.int > 0 {
              a.put(.int(Operators.floorModulo(b.int, c.int)))
              continue dispatch
            }
            try apply(.modulo, b, c, to: a)
          case .moduloI:
            if b.tag == Tag.int, i.d > 0 {
              a.put(.int(Operators.floorModulo(b.int, Int(i.d))))
              continue dispatch
            }
            try apply(.modulo, b, Int(i.d), to: a)
          case .floorDivide:
            try apply(.floorDivide, b, c, to: a)
          case .power:
            try apply(.power, b, c, to: a)
          case .matmul:
            try apply(.matmul, b, c, to: a)

          case .equal:
            if let outcome = b.compare(c, { $0 == $1 }, { $0 == $1 }) {
              a.put(.bool(outcome))
              continue dispatch
            }
            try apply(.equal, b, c, to: a)
          case .notEqual:
            if let outcome = b.compare(c, { $0 != $1 }, { $0 != $1 }) {
              a.put(.bool(outcome))
              continue dispatch
            }
            try apply(.notEqual, b, c, to: a)
          case .less:
            if let outcome = b.compare(c, { $0 < $1 }, { $0 < $1 }) {
              a.put(.bool(outcome))
              continue dispatch
            }
            try apply(.less, b, c, to: a)
          case .lessEqual:
            if let outcome = b.compare(c, { $0 <= $1 }, { $0 <= $1 }) {
              a.put(.bool(outcome))
              continue dispatch
            }
            try apply(.lessEqual, b, c, to: a)
          case .greater:
            if let outcome = b.compare(c, { $0 > $1 }, { $0 > $1 }) {
              a.put(.bool(outcome))
              continue dispatch
            }
            try apply(.greater, b, c, to: a)
          case .greaterEqual:
            if let outcome = b.compare(c, { $0 >= $1 }, { $0 >= $1 }) {
              a.put(.bool(outcome))
              continue dispatch
            }
            try apply(.greaterEqual, b, c, to: a)
          case .negate:
            a.pointee = try Operators.negate(value(at: b))
          case .not:
            if b.tag == Tag.bool {
              a.put(.bool(!b.bool))
            } else {
              a.pointee = try Operators.not(value(at: b))
            }

          case .jump: ip = try Machine.jump(ip, by: i.d)
          case .jumpIf:
            let truth = try a.tag == Tag.bool ? a.bool : Operators.truth(value(at: a))
            if truth == (i.c != 0) { ip = try Machine.jump(ip, by: i.d) }
          case .jumpEqual:
            let outcome = try a.compare(b, { $0 == $1 }, { $0 == $1 }) ?? compare(.equal, a, b)
            if outcome == (i.c != 0) { ip = try Machine.jump(ip, by: i.d) }
          case .jumpEqualI:
            let constant = Int(Int16(bitPattern: i.b))
            let outcome = try a.compare(constant, { $0 == $1 }) ?? compare(.equal, a, constant)
            if outcome == (i.c != 0) { ip = try Machine.jump(ip, by: i.d) }
          case .jumpNotEqual:
            let outcome = try a.compare(b, { $0 != $1 }, { $0 != $1 }) ?? compare(.notEqual, a, b)
            if outcome == (i.c != 0) { ip = try Machine.jump(ip, by: i.d) }
          case .jumpNotEqualI:
            let constant = Int(Int16(bitPattern: i.b))
            let outcome = try a.compare(constant, { $0 != $1 }) ?? compare(.notEqual, a, constant)
            if outcome == (i.c != 0) { ip = try Machine.jump(ip, by: i.d) }
          case .jumpLess:
            let outcome = try a.compare(b, { $0 < $1 }, { $0 < $1 }) ?? compare(.less, a, b)
            if outcome == (i.c != 0) { ip = try Machine.jump(ip, by: i.d) }
          case .jumpLessI:
            let constant = Int(Int16(bitPattern: i.b))
            let outcome = try a.compare(constant, { $0 < $1 }) ?? compare(.less, a, constant)
            if outcome == (i.c != 0) { ip = try Machine.jump(ip, by: i.d) }
          case .jumpLessEqual:
            let outcome = try a.compare(b, { $0 <= $1 }, { $0 <= $1 }) ?? compare(.lessEqual, a, b)
            if outcome == (i.c != 0) { ip = try Machine.jump(ip, by: i.d) }
          case .jumpLessEqualI:
            let constant = Int(Int16(bitPattern: i.b))
            let outcome = try a.compare(constant, { $0 <= $1 }) ?? compare(.lessEqual, a, constant)
            if outcome == (i.c != 0) { ip = try Machine.jump(ip, by: i.d) }
          case .jumpGreater:
            let outcome = try a.compare(b, { $0 > $1 }, { $0 > $1 }) ?? compare(.greater, a, b)
            if outcome == (i.c != 0) { ip = try Machine.jump(ip, by: i.d) }
          case .jumpGreaterI:
            let constant = Int(Int16(bitPattern: i.b))
            let outcome = try a.compare(constant, { $0 > $1 }) ?? compare(.greater, a, constant)
            if outcome == (i.c != 0) { ip = try Machine.jump(ip, by: i.d) }
          case .jumpGreaterEqual:
            let outcome = try a.compare(b, { $0 >= $1 }, { $0 >= $1 }) ?? compare(.greaterEqual, a, b)
            if outcome == (i.c != 0) { ip = try Machine.jump(ip, by: i.d) }
          case .jumpGreaterEqualI:
            let constant = Int(Int16(bitPattern: i.b))
            let outcome = try a.compare(constant, { $0 >= $1 }) ?? compare(.greaterEqual, a, constant)
            if outcome == (i.c != 0) { ip = try Machine.jump(ip, by: i.d) }
          case .jumpIfNotNone:
            if a.tag != Tag.none { ip += Int(i.d) }
          case .jumpIfGiven:
            if case .string(let box) = a.pointee, box === Machine.missing { continue dispatch }
            ip += Int(i.d)
          case .shortCircuit:
            if try Operators.decides(a.pointee, isOr: i.c != 0) { ip += Int(i.d) }
          case .combine: a.pointee = try Operators.combine(a.pointee, b.pointee, isOr: i.c != 0)

          case .iterate:
            try Iteration.start(value(at: b), a)
          case .again:
            if faa_interrupted() { throw Interrupted() }
            // Ranges with step 1 keep the next member and the end in the two state registers.
            if a.tag == Tag.int {
              let member = a.int
              if member < (a + 1).int {
                b.put(.int(member))
                a.initialize(to: .int(member &+ 1))
                ip += Int(i.d)
              }
              continue dispatch
            }
            if b.copyElement((a + 1).int, of: a) {
              (a + 1).initialize(to: .int((a + 1).int &+ 1))
              ip += Int(i.d)
              continue dispatch
            }
            top = frame.pointee.registers + frame.code { $0.registerCount }
            if let element = try Iteration.next(a) {
              b.pointee = element
              ip += Int(i.d)
            }
          case .next:
            if a.tag == Tag.int {
              let member = a.int
              if member < (a + 1).int {
                b.put(.int(member))
                a.initialize(to: .int(member &+ 1))
              } else {
                ip += Int(i.d)
              }
              continue dispatch
            }
            top = frame.pointee.registers + frame.code { $0.registerCount }
            if let element = try Iteration.next(a) {
              b.pointee = element
            } else {
              ip += Int(i.d)
            }

          case .call:
            guard let callee = b.closure(taking: Int(i.c)),
              let body = callee._withUnsafeGuaranteedRef({ $0.codeReference })
            else {
              if b != a { a.pointee = try value(at: b) }
              fallthrough
            }
            if faa_interrupted() { throw Interrupted() }
            frame.pointee.resume = ip
            try push(frame + 1, callee, body, a + 1, frame.pointee.globals)
            frame += 1
            ip = frame.pointee.resume
          case .callLabelled:
            if faa_interrupted() { throw Interrupted() }
            top = frame.pointee.registers + frame.code { $0.registerCount }
            let shape = i.op == .call ? nil : frame.code { $0.calls[Int(i.d)] }
            let arguments = Array(UnsafeBufferPointer(start: a + 1, count: Int(i.c)))
            guard let (callee, body, values) = try invoke(a, arguments, shape) else { continue dispatch }
            // A function of the language with labels or defaults: its arguments are now in order.
            let window = a + 1
            if window + values.count > initialized { try reserve(window, values.count, for: callee) }
            for (index, value) in values.enumerated() { window[index] = value }
            frame.pointee.resume = ip
            try push(
              frame + 1, .passUnretained(callee), .passUnretained(body), window, frame.pointee.globals)
            frame += 1
            ip = frame.pointee.resume
          case .callCommand:
            let site = frame.code { $0.commands[Int(i.d)] }
            if let fast = site.fast, let value = fast(a) {
              a.pointee = value
              continue dispatch
            }
            top = frame.pointee.registers + frame.code { $0.registerCount }
            a.pointee = try perform(site, Array(UnsafeBufferPointer(start: a, count: Int(i.c))))
          case .callMember:
            top = frame.pointee.registers + frame.code { $0.registerCount }
            let member = frame.code { $0.memberCalls[Int(i.d)] }
            a.pointee = try callMember(
              member, of: a.pointee, Array(UnsafeBufferPointer(start: a + 1, count: Int(i.c))))
          case .result, .resultNone:
            if frame == bottom {
              let value = i.op == .result ? b.pointee : .none
              pop(frame)
              return value
            }
            let target = frame.pointee.registers - 1
            if i.op == .resultNone {
              target.clearToNone()
            } else if i.bases & 0b1100 == 0 {
              target.moveValue(from: b)
            } else {
              target.copy(b)
            }
            pop(frame)
            frame -= 1
            ip = frame.pointee.resume
          case .closure:
            let inner = frame.code { $0.functions[Int(i.d)] }
            let maker = frame.pointee
            let captured = inner.captures.map { source in
              switch source {
              case .register(let register): maker.registers[register]
              case .capture(let index): maker.captures[index]
              }
            }
            a.pointee = .function(FunctionBox(code: inner, captures: captured, machine: self))

          case .list:
            a.pointee = .list(Array(UnsafeBufferPointer(start: b, count: Int(i.c))))
          case .tuple:
            a.pointee = .tuple(Array(UnsafeBufferPointer(start: b, count: Int(i.c))))
          case .record:
            let keys = frame.code { $0.keys[Int(i.d)] }
            let values = Array(UnsafeBufferPointer(start: b, count: Int(i.c)))
            a.pointee = .record(RecordBox(keys, values))
          case .string:
            var text = ""
            for index in 0..<Int(i.c) { b[index].write(to: &text) }
            a.pointee = .text(text)
          case .appendText: try appendText(b, count: Int(i.c), to: a)
          case .range:
            a.pointee = try Operators.range(
              value(at: b),
              value(at: c), isClosed: i.d != 0)
          case .unpack: try Operators.unpack(b.pointee, into: a, count: Int(i.c))
          case .append:
            let list = try i.isCell ? content(ofCell: frame.pointee.registers + Int(i.a)) : a
            if list.appendElement(b) { continue dispatch }
            top = frame.pointee.registers + frame.code { $0.registerCount }
            try checkDefined(list)
            try append(value(at: b), to: list)

          case .getElement:
            if c.tag == Tag.int, a.copyElement(c.int, of: b) { continue dispatch }
            a.pointee = try value(at: b).subscripted([Index(value(at: c))])
          case .getIndex:
            let indices = try Index.entries(
              frame.code { $0.indexForms[Int(i.d)] }, c)
            a.pointee = try value(at: b).subscripted(indices)
          case .getMember:
            let cache = frame.code { $0.members } + Int(i.d)
            if a.copyMember(cache, of: b) { continue dispatch }
            a.pointee = try member(cache, of: value(at: b))
          case .setElement:
            let list = try i.isCell ? content(ofCell: frame.pointee.registers + Int(i.a)) : a
            if c.tag == Tag.int, list.setElement(c.int, to: b) { continue dispatch }
            try checkDefined(list)
            try Value.update(list, [.index([Index(value(at: c))])], to: value(at: b))
          case .setMember:
            let record = try i.isCell ? content(ofCell: frame.pointee.registers + Int(i.a)) : a
            let cache = frame.code { $0.members } + Int(i.d)
            if record.setMember(cache, to: b) { continue dispatch }
            try checkDefined(record)
            try setMember(cache, of: record, to: value(at: b))
          case .setPath:
            let place = try i.isCell ? content(ofCell: frame.pointee.registers + Int(i.a)) : a
            try checkDefined(place)
            let steps = try UpdateStep.steps(frame.code { $0.paths[Int(i.d)] }, c)
            try Value.update(
              place, steps[...], to: value(at: b))
          case .raise: throw frame.code { $0.diagnostics[Int(i.d)] }
          }
        }
      } catch {
        var code = frame.pointee.code.takeUnretainedValue()
        var pc = ip - code.instructions - 1
        var diagnostic = diagnose(error, code, pc, frame.pointee.registers)
        // A handler of this function or of one that called it; else the fault leaves this run.
        while true {
          if diagnostic.code != "Interrupted", let handler = code.handler(at: pc) {
            ip = code.instructions + handler.target
            break
          }
          let name = frame.pointee.function.takeUnretainedValue().name
          pop(frame)
          if frame == bottom { throw diagnostic }
          frame -= 1
          code = frame.pointee.code.takeUnretainedValue()
          pc = frame.pointee.resume - code.instructions - 1
          // A deep recursion needs no more to be understood, and copying long traces would take quadratic time.
          if diagnostic.trace.count < 64 { diagnostic.trace.append(caller(of: name, code, pc)) }
        }
      }
    }
  }
}
