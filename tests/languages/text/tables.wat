;; The plugin whose table grows without end: no compiler writes one, so its core module stands here as it is. It is encoded as
;; a validator of the contract, and the records below are laid out as the canonical ABI has them.
(module
  (table $table 0 funcref)
  (memory (export "memory") 1)

  ;; Texts, one after the other.
  (data (i32.const 0x800) "tables" "0.1.0" "*" "rule" "misbehaves" "nothing helps")
  ;; The description: name, version, scope, kinds, rules, no schema, no context.
  (data (i32.const 0x400)
    "\00\08\00\00\06\00\00\00" "\06\08\00\00\05\00\00\00" "\00\00\00\00"
    "\40\04\00\00\01\00\00\00" "\60\04\00\00\01\00\00\00")
  ;; Any kind.
  (data (i32.const 0x440)
    "\0b\08\00\00\01\00\00\00" "\0b\08\00\00\01\00\00\00" "\0b\08\00\00\01\00\00\00")
  ;; The rule, an error, without a page.
  (data (i32.const 0x460)
    "\0c\08\00\00\04\00\00\00" "\02\00\00\00" "\10\08\00\00\0a\00\00\00" "\1a\08\00\00\0d\00\00\00")

  (func (export "sluice:policy/plugin@0.1.0#describe") (result i32) (i32.const 0x400))
  ;; Zeros are the answer that all is well.
  (func (export "sluice:policy/plugin@0.1.0#configure") (param i32 i32) (result i32) (i32.const 0x500))
  (func (export "sluice:policy/validation@0.1.0#check") (param i32 i32) (result i32)
    (loop $again
      (br_if $again (i32.ne (table.grow $table (ref.null func) (i32.const 1000)) (i32.const -1))))
    unreachable)

  ;; Nothing is let go: an instance lives for one call.
  (global $end (mut i32) (i32.const 0x1000))
  (func (export "cabi_realloc") (param $old i32) (param $was i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $end) (i32.const 7)) (i32.const -8)))
    (global.set $end (i32.add (local.get $at) (local.get $size)))
    (if (i32.gt_u (global.get $end) (i32.const 0x10000)) (then unreachable))
    (local.get $at)))
