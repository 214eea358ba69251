// Answers questions about payment codes with the codecs of other hands.
// In: a JSON list of {ask, ...} on standard input. Out: the list of answers, in the same order.
"use strict";

const { BakongKHQR, IndividualInfo, MerchantInfo } = require("bakong-khqr");
const { QRPay } = require("vietnam-qr-pay");

const answers = {
  "vietqr.read": ({ text }) => {
    const said = new QRPay(text);
    return {
      valid: said.isValid,
      guid: said.provider.guid,
      data: said.provider.data,
      service: said.provider.service,
      institution: said.consumer.bankBin,
      account: said.consumer.bankNumber,
      amount: said.amount,
      currency: said.currency,
      country: said.nation,
      category: said.category,
      initiation: said.initMethod,
      name: said.merchant.name,
      city: said.city,
      references: said.additionalData,
      crc: said.crc,
    };
  },
  "vietqr.write": ({ options }) => QRPay.initVietQR(options).build(),
  "khqr.verify": ({ text }) => BakongKHQR.verify(text).isValid,
  "khqr.read": ({ text }) => BakongKHQR.decode(text).data,
  "khqr.objects": ({ text }) => BakongKHQR.decodeNonKhqr(text).data,
  "khqr.person": ({ account, name, city, options }) =>
    new BakongKHQR().generateIndividual(new IndividualInfo(account, name, city, options)),
  "khqr.merchant": ({ account, name, city, merchant, bank, options }) =>
    new BakongKHQR().generateMerchant(
      new MerchantInfo(account, name, city, merchant, bank, options),
    ),
};

let asked = "";
process.stdin.on("data", (part) => (asked += part));
process.stdin.on("end", () => {
  const said = JSON.parse(asked).map((question) => answers[question.ask](question));
  process.stdout.write(JSON.stringify(said));
});
