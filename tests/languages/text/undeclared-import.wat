;; A validator, by the names of its exports, that wants the network.
(component
  (import "wasi:http/outgoing-handler@0.2.0" (instance))
  (core module $m (func (export "f")))
  (core instance $i (instantiate $m))
  (func $f (canon lift (core func $i "f")))
  (instance $plugin (export "describe" (func $f)) (export "configure" (func $f)))
  (instance $validation (export "check" (func $f)))
  (export "sluice:policy/plugin@0.1.0" (instance $plugin))
  (export "sluice:policy/validation@0.1.0" (instance $validation)))
