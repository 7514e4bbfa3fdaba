package ws_test

import (
	"fmt"

	"silly/internal/ws"
)

// A decoder takes bytes as they arrive and hands out what is complete.
func ExampleDecoder() {
	var client ws.Encoder
	client.Init(ws.Client)
	wire := client.AppendMessage(nil, ws.Text, "hello")
	payload, _ := ws.ClosePayload(ws.CloseNormal, "bye")
	wire, _ = client.AppendControl(wire, ws.Close, payload)

	var server ws.Decoder
	server.Init(ws.Server, 1<<20)
	for len(wire) > 0 {
		piece := wire[:min(4, len(wire))] // a read from the network
		wire = wire[len(piece):]
		for len(piece) > 0 {
			n, ev, ok, err := server.Next(piece)
			if err != nil {
				fmt.Println(err)
				return
			}
			piece = piece[n:]
			switch {
			case ok && ev.Opcode == ws.Close:
				fmt.Println(ev.Opcode, ev.Code, ev.Reason())
			case ok:
				fmt.Println(ev.Opcode, ev.Data)
			}
		}
	}
	// Output:
	// text hello
	// close 1000 bye
}
