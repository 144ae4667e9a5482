import CKernels
import CMachine
import Syntax
import Tensor

extension UnsafeMutablePointer<Machine.Frame> {
  /// The place an operand stands for. The frame begins with the four bases in the order of `Base`.
  @inline(__always)
  fileprivate func place(_ number: UInt16, _ base: Base) -> Place {
    let start = UnsafeRawPointer(self).load(
      fromByteOffset: Int(base.rawValue) &* MemoryLayout<Place>.stride, as: Place.self)
    return start + Int(number)
  }

  fileprivate var registers: Place { pointee.registers.assumingMemoryBound(to: Value.self) }

  /// Where the registers of the function end.
  fileprivate var end: Place { registers + pointee.code.pointee.register_count }

  /// The code of the function.
  fileprivate var code: FunctionCode {
    Unmanaged<FunctionCode>.fromOpaque(pointee.code.pointee.owner).takeUnretainedValue()
  }

  fileprivate var function: FunctionBox {
    Unmanaged<FunctionBox>.fromOpaque(pointee.function).takeUnretainedValue()
  }
}

extension Machine {
  /// Starts a function whose arguments are in its first registers.
  private func push(_ frame: UnsafeMutablePointer<Frame>, _ function: FunctionBox, _ registers: Place) throws
  {
    guard let layout = function.layout else { throw broken() }
    if registers + layout.pointee.register_count > initialized || depth >= Machine.depthLimit {
      try reserve(registers, layout.pointee.register_count, for: function)
    }
    frame.initialize(
      to: Frame(
        registers: registers, constants: layout.pointee.constants, globals: globals.values,
        captures: function.captures, function: Unmanaged.passUnretained(function).toOpaque(), code: layout,
        resume: layout.pointee.instructions))
    state.pointee.depth += 1
  }

  /// Ends the innermost function: gives up what its registers hold and forgets it.
  private func pop(_ frame: UnsafeMutablePointer<Frame>) {
    state.pointee.depth -= 1
    var place = frame.registers
    while place < frame.end {
      place.pointee = .none
      place += 1
    }
  }

  /// Runs `function`, whose arguments are in `base`, until it returns. What instructions do with plain numbers, with elements and members,
  /// and calls of closures are the loop's (`faa_machine_run`); it hands over here for everything else. Where values do not lie in memory
  /// as the loop reads them, all is done here.
  func run(_ function: FunctionBox, _ entry: FunctionCode, _ base: Place) throws -> Value {
    let bottom = frames + depth
    try push(bottom, function, base)
    var frame = bottom
    var ip = UnsafePointer(entry.instructions)
    while true {
      do {
        while true {
          if usesLoop {
            ip = faa_machine_run(ip, frame, bottom, state)
            frame = state.pointee.frame
          }
          ip += 1
          let i = ip[-1]
          let a = frame.place(i.a, i.base_a)
          let b = frame.place(i.b, i.base_b)
          let c = frame.place(i.c, i.base_c)
          switch i.op {
          case .move: a.pointee = b.pointee
          case .constant: a.pointee = frame.place(0, .constant)[Int(i.d)]
          case .integer: a.pointee = .int(Int(i.d))
          case .none: a.pointee = .none
          case .bool: a.pointee = .bool(i.d != 0)
          case .getGlobal: a.pointee = try value(at: globals.values + Int(i.d))
          case .moveGlobal:
            let variable = globals.values + Int(i.d)
            retire(variable.pointee)
            variable.pointee = a.pointee
            a.pointee = .none
            globals.isDefined[Int(i.d)] = true
          case .getCapture: a.pointee = frame.place(0, .captureOrCell)[Int(i.d)]
          case .getOwn: a.pointee = .function(frame.function)
          case .newCell: a.pointee = .list(cells.make(a.pointee))
          case .getCell: a.pointee = try content(ofCell: b).pointee
          case .setCell: try content(ofCell: a).pointee = b.pointee

          case .add: try apply(.add, b, c, to: a)
          case .addI: try apply(.add, b, Int(i.d), to: a)
          case .subtract: try apply(.subtract, b, c, to: a)
          case .subtractI: try apply(.subtract, b, Int(i.d), to: a)
          case .multiply: try apply(.multiply, b, c, to: a)
          case .multiplyI: try apply(.multiply, b, Int(i.d), to: a)
          case .divide: try apply(.divide, b, c, to: a)
          case .modulo: try apply(.modulo, b, c, to: a)
          case .moduloI: try apply(.modulo, b, Int(i.d), to: a)
          case .floorDivide: try apply(.floorDivide, b, c, to: a)
          case .power: try apply(.power, b, c, to: a)
          case .matmul: try apply(.matmul, b, c, to: a)
          case .equal: try apply(.equal, b, c, to: a)
          case .notEqual: try apply(.notEqual, b, c, to: a)
          case .less: try apply(.less, b, c, to: a)
          case .lessEqual: try apply(.lessEqual, b, c, to: a)
          case .greater: try apply(.greater, b, c, to: a)
          case .greaterEqual: try apply(.greaterEqual, b, c, to: a)
          case .negate: a.pointee = try Operators.negate(value(at: b))
          case .not: a.pointee = try Operators.not(value(at: b))

          case .jump: ip = try Machine.jump(ip, by: i)
          case .jumpIf:
            if try Operators.truth(value(at: a)) == (i.c != 0) { ip = try Machine.jump(ip, by: i) }
          case .jumpEqual: if try compare(.equal, a, b) == (i.c != 0) { ip = try Machine.jump(ip, by: i) }
          case .jumpNotEqual:
            if try compare(.notEqual, a, b) == (i.c != 0) { ip = try Machine.jump(ip, by: i) }
          case .jumpLess: if try compare(.less, a, b) == (i.c != 0) { ip = try Machine.jump(ip, by: i) }
          case .jumpLessEqual:
            if try compare(.lessEqual, a, b) == (i.c != 0) { ip = try Machine.jump(ip, by: i) }
          case .jumpGreater: if try compare(.greater, a, b) == (i.c != 0) { ip = try Machine.jump(ip, by: i) }
          case .jumpGreaterEqual:
            if try compare(.greaterEqual, a, b) == (i.c != 0) { ip = try Machine.jump(ip, by: i) }
          case .jumpEqualI:
            if try compare(.equal, a, i.constant) == (i.c != 0) { ip = try Machine.jump(ip, by: i) }
          case .jumpNotEqualI:
            if try compare(.notEqual, a, i.constant) == (i.c != 0) { ip = try Machine.jump(ip, by: i) }
          case .jumpLessI:
            if try compare(.less, a, i.constant) == (i.c != 0) { ip = try Machine.jump(ip, by: i) }
          case .jumpLessEqualI:
            if try compare(.lessEqual, a, i.constant) == (i.c != 0) { ip = try Machine.jump(ip, by: i) }
          case .jumpGreaterI:
            if try compare(.greater, a, i.constant) == (i.c != 0) { ip = try Machine.jump(ip, by: i) }
          case .jumpGreaterEqualI:
            if try compare(.greaterEqual, a, i.constant) == (i.c != 0) { ip = try Machine.jump(ip, by: i) }
          case .jumpIfGiven:
            if case .string(let box) = a.pointee, box === Machine.missing { continue }
            ip += Int(i.d)
          case .jumpIfNotNone:
            if case .none = a.pointee { continue }
            ip += Int(i.d)
          case .shortCircuit: if try Operators.decides(a.pointee, isOr: i.c != 0) { ip += Int(i.d) }
          case .combine: a.pointee = try Operators.combine(a.pointee, b.pointee, isOr: i.c != 0)

          case .iterate: try Iteration.start(value(at: b), a)
          case .again:
            if faa_interrupted() { throw Interrupted() }
            top = frame.end
            if let element = try Iteration.next(a) {
              b.pointee = element
              ip += Int(i.d)
            }
          case .next:
            top = frame.end
            if let element = try Iteration.next(a) {
              b.pointee = element
            } else {
              ip += Int(i.d)
            }

          case .call, .callLabelled:
            if faa_interrupted() { throw Interrupted() }
            frame.pointee.resume = ip
            if i.op == .call {
              if let callee = b.closure(taking: Int(i.c)) {
                try push(frame + 1, callee, a + 1)
                frame += 1
                ip = UnsafePointer(frame.pointee.code.pointee.instructions)
                continue
              }
              if b != a { a.pointee = try value(at: b) }
            }
            top = frame.end
            let shape = i.op == .call ? nil : frame.code.calls[Int(i.d)]
            let arguments = Array(UnsafeBufferPointer(start: a + 1, count: Int(i.c)))
            guard let (callee, _, values) = try invoke(a, arguments, shape) else { continue }
            // A function of the language with labels or defaults: its arguments are now in order.
            let window = a + 1
            if window + values.count > initialized { try reserve(window, values.count, for: callee) }
            for (index, value) in values.enumerated() { window[index] = value }
            try push(frame + 1, callee, window)
            frame += 1
            ip = UnsafePointer(frame.pointee.code.pointee.instructions)
          case .callCommand:
            let site = frame.code.commands[Int(i.d)]
            if let fast = site.fast, let value = fast(a) {
              a.pointee = value
              continue
            }
            top = frame.end
            a.pointee = try perform(site, Array(UnsafeBufferPointer(start: a, count: Int(i.c))))
          case .callMember:
            top = frame.end
            a.pointee = try callMember(frame.code.memberCalls[Int(i.d)], a, count: Int(i.c))
          case .result, .resultNone:
            let value = i.op == .result ? b.pointee : .none
            let isOutermost = frame == bottom
            let target = frame.registers - 1
            pop(frame)
            if isOutermost { return value }
            frame -= 1
            target.pointee = value
            ip = frame.pointee.resume
          case .closure:
            let inner = frame.code.functions[Int(i.d)]
            let captured = inner.captures.map { source -> Value in
              switch source {
              case .register(let register): frame.registers[register]
              case .capture(let index): frame.place(UInt16(index), .captureOrCell).pointee
              case .own: .function(frame.function)
              }
            }
            a.pointee = .function(FunctionBox(code: inner, captures: captured, machine: self))

          case .list: a.pointee = .list(Array(UnsafeBufferPointer(start: b, count: Int(i.c))))
          case .tuple: a.pointee = .tuple(Array(UnsafeBufferPointer(start: b, count: Int(i.c))))
          case .record:
            let values = Array(UnsafeBufferPointer(start: b, count: Int(i.c)))
            a.pointee = .record(RecordBox(frame.code.keys[Int(i.d)], values))
          case .string:
            var text: [UInt8] = []
            for index in 0..<Int(i.c) { b[index].write(to: &text) }
            a.pointee = .text(String(decoding: text, as: UTF8.self))
          case .appendText: try appendText(b, count: Int(i.c), to: a)
          case .range: a.pointee = try Operators.range(value(at: b), value(at: c), isClosed: i.d != 0)
          case .unpack: try Operators.unpack(b.pointee, into: a, count: Int(i.c))
          case .append:
            let list = try i.isCell ? content(ofCell: frame.registers + Int(i.a)) : a
            let element = try value(at: b)
            if list.appendElement(b) { continue }
            top = frame.end
            try checkDefined(list)
            try append(element, to: list)
          case .reserve: Iteration.reserve(a, for: b)

          case .getElement: a.pointee = try value(at: b).subscripted([Index(value(at: c))])
          case .getIndex:
            let indices = try Index.entries(frame.code.indexForms[Int(i.d)], c)
            a.pointee = try value(at: b).subscripted(indices)
          case .getMember: a.pointee = try member(Int(i.d), of: value(at: b), frame.code)
          case .setElement:
            let list = try i.isCell ? content(ofCell: frame.registers + Int(i.a)) : a
            try checkDefined(list)
            try Value.update(list, [.index([Index(value(at: c))])], to: value(at: b))
          case .setMember:
            let record = try i.isCell ? content(ofCell: frame.registers + Int(i.a)) : a
            try checkDefined(record)
            try setMember(Int(i.d), of: record, to: value(at: b), frame.code)
          case .setPath:
            let place = try i.isCell ? content(ofCell: frame.registers + Int(i.a)) : a
            try checkDefined(place)
            let steps = try UpdateStep.steps(frame.code.paths[Int(i.d)], c)
            try Value.update(place, steps[...], to: value(at: b))
          case .raise: throw frame.code.diagnostics[Int(i.d)]
          }
        }
      } catch {
        var code = frame.code
        var pc = ip - UnsafePointer(code.instructions) - 1
        var diagnostic = diagnose(error, code, pc, frame.registers)
        // A handler of this function or of one that called it; else the fault leaves this run.
        while true {
          if diagnostic.code != "Interrupted", let handler = code.handler(at: pc) {
            ip = UnsafePointer(code.instructions) + handler.target
            break
          }
          let name = frame.function.name
          pop(frame)
          if frame == bottom { throw diagnostic }
          frame -= 1
          code = frame.code
          pc = frame.pointee.resume - UnsafePointer(code.instructions) - 1
          // A deep recursion needs no more to be understood, and copying long traces would take quadratic time.
          if diagnostic.trace.count < 64 { diagnostic.trace.append(caller(of: name, code, pc)) }
        }
      }
    }
  }

  /// Where a jump leads. Going back, it asks whether the user wants to stop.
  private static func jump(_ next: UnsafePointer<Instruction>, by instruction: Instruction) throws
    -> UnsafePointer<Instruction>
  {
    if instruction.d < 0, faa_interrupted() { throw Interrupted() }
    return next + Int(instruction.d)
  }
}

extension Instruction {
  /// Whether what changes is the content of the cell in a register.
  fileprivate var isCell: Bool { base_a == .captureOrCell }

  /// The constant a comparing jump has in b.
  fileprivate var constant: Int { Int(Int16(bitPattern: b)) }
}
