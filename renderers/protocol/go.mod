module sluice.dev/renderers/protocol

go 1.26.0
